package trapframe.cpu;

import trapframe.memory.GuestMemory;

/** RAM in pages that somebody watches: the guest by its data breakpoints, an observer, or both. Each access comes by here. */
final class WatchedMemory {
    private final GuestMemory ram;
    private final Observer observer;
    private final Cpu cpu;

    WatchedMemory(GuestMemory ram, Observer observer, Cpu cpu) {
        this.ram = ram;
        this.observer = observer;
        this.cpu = cpu;
    }

    /** @param address physical, with {@link Translation#WATCHED} and who watches added */
    long read(long address, int width) {
        long physical = note(address, width, false);
        return switch (width) {
            case 1 -> ram.getByte(physical);
            case 2 -> ram.getShort(physical);
            case 4 -> ram.getInt(physical) & 0xffff_ffffL;
            default -> ram.getLong(physical);
        };
    }

    void write(long address, int width, long value) {
        long physical = note(address, width, true);
        switch (width) {
            case 1 -> ram.putByte(physical, (int) value);
            case 2 -> ram.putShort(physical, (int) value);
            case 4 -> ram.putInt(physical, (int) value);
            default -> ram.putLong(physical, value);
        }
    }

    private long note(long address, int width, boolean write) {
        long physical = address & Translation.BY_GUEST - 1;
        if ((address & Translation.BY_GUEST) != 0) {
            cpu.breakpoints().note(physical, width, write);
        }
        if ((address & Translation.BY_OBSERVER) != 0) {
            observer.accessed(physical, width, write);
        }
        return physical;
    }
}
