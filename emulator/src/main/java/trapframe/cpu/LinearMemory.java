package trapframe.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.EngineCallbacks.Access;

/** Reads and writes that the CPU makes by itself, through the page tables. Little-endian, any alignment. */
final class LinearMemory {
    private final GuestMemory ram;
    private final PageWalker walker;

    LinearMemory(GuestMemory ram, PageWalker walker) {
        this.ram = ram;
        this.walker = walker;
    }

    /** Reads a system table as the CPU does, whatever the privilege of the running code. */
    long readTable(long linear, int width) throws CpuFault {
        return read(linear, width, false, true);
    }

    void writeTable(long linear, int width, long value) throws CpuFault {
        write(linear, width, value, false, true);
    }

    long read(long linear, int width, boolean user, boolean implicit) throws CpuFault {
        long value = 0;
        for (int i = 0; i < width; ) {
            int piece = pieceLength(linear + i, width - i);
            long physical = translate(linear + i, Access.READ, user, implicit);
            if (piece == Long.BYTES && ram.isRam(physical, Long.BYTES)) {
                return ram.getLong(physical);
            }
            for (int k = 0; k < piece; k++, i++) {
                long byteValue = ram.isRam(physical + k, 1) ? ram.getByte(physical + k) : 0xff;
                value |= byteValue << 8 * i;
            }
        }
        return value;
    }

    /** Writes nothing when part of the range faults. */
    void write(long linear, int width, long value, boolean user, boolean implicit) throws CpuFault {
        int first = pieceLength(linear, width);
        long physical = translate(linear, Access.WRITE, user, implicit);
        if (first < width) {
            long second = translate(linear + first, Access.WRITE, user, implicit);
            store(second, width - first, value >>> 8 * first);
        }
        store(physical, first, value);
    }

    /** Reads a byte for a look from outside; -1 where nothing is mapped. */
    int look(long linear) {
        if (walker.look(linear) != PageWalker.Result.MAPPED || !ram.isRam(walker.physical(), 1)) {
            return -1;
        }
        return ram.getByte(walker.physical());
    }

    /** Reads bytes for a look from outside; fewer where the next page is not mapped. */
    byte[] look(long linear, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; ) {
            int piece = pieceLength(linear + i, length - i);
            if (walker.look(linear + i) != PageWalker.Result.MAPPED || !ram.isRam(walker.physical(), piece)) {
                return Arrays.copyOf(bytes, i);
            }
            ram.read(walker.physical(), bytes, i, piece);
            i += piece;
        }
        return bytes;
    }

    /** The physical address that a linear one is mapped to now, for a look from outside, whether RAM is there or not. */
    OptionalLong physical(long linear) {
        return walker.look(linear) == PageWalker.Result.MAPPED ? OptionalLong.of(walker.physical()) : OptionalLong.empty();
    }

    /** Where the CPU's code can store at a linear address without a fault and without a change of its page tables; for a look from outside. */
    OptionalLong storable(long linear) {
        OptionalLong physical = physical(linear);
        return walker.storable() ? physical : OptionalLong.empty();
    }

    /** Physical addresses of the page-table entries for a linear address, for a look from outside. */
    List<Long> tableEntries(long linear) {
        walker.look(linear);
        return walker.entries();
    }

    /** Changes a byte from outside, where RAM is mapped. */
    void poke(long linear, int value) {
        if (walker.look(linear) == PageWalker.Result.MAPPED && ram.isRam(walker.physical(), 1)) {
            ram.putByte(walker.physical(), value);
        }
    }

    /** Where the CPU may write at a linear address by itself: the physical address. */
    long writable(long linear, boolean user) throws CpuFault {
        return translate(linear, Access.WRITE, user, false);
    }

    /** Writes to a physical address; nothing happens where no RAM is. */
    void store(long physical, int length, long value) {
        if (!ram.isRam(physical, length)) {
            return;
        }
        if (length == Long.BYTES) {
            ram.putLong(physical, value);
            return;
        }
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        ram.write(physical, bytes);
    }

    private long translate(long linear, Access access, boolean user, boolean implicit) throws CpuFault {
        switch (walker.walk(linear, access, user, implicit)) {
            case MAPPED -> { }
            case PAGE_FAULT -> throw new CpuFault(Vector.PAGE_FAULT, walker.errorCode(), linear);
            case NOT_CANONICAL -> throw new CpuFault(Vector.GENERAL_PROTECTION, 0);
        }
        return walker.physical();
    }

    private static int pieceLength(long linear, int width) {
        return (int) Math.min(width, GuestMemory.PAGE_SIZE - (linear & GuestMemory.PAGE_SIZE - 1));
    }
}
