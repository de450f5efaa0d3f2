package trapframe.boot;

import trapframe.memory.GuestMemory;

/**
 * The descriptor table that a kernel is entered with: flat 4 GiB code and data segments at the selectors that Linux
 * requires (boot protocol, "32-bit Boot Protocol") and the others leave to the loader. The accessed bits are set, so
 * that loading a segment register writes nothing.
 */
final class FlatGdt {
    static final int BOOT_CS = 0x10;
    static final int BOOT_DS = 0x18;
    static final int SIZE = 0x20;
    static final int LIMIT = SIZE - 1;

    /** Execute/read, DPL 0, G = 1, D = 1 (SDM vol. 3A, figure 3-8). */
    private static final long CODE_32 = 0x00cf_9b00_0000_ffffL;
    /** Execute/read, DPL 0, G = 1, L = 1. */
    private static final long CODE_64 = 0x00af_9b00_0000_ffffL;
    /** Read/write, DPL 0, G = 1, B = 1. */
    private static final long DATA = 0x00cf_9300_0000_ffffL;

    private FlatGdt() { }

    static long plan(MemoryPlan plan) {
        return plan.allocate("the descriptor table", SIZE, 8);
    }

    static void write32(GuestMemory ram, long address) {
        write(ram, address, CODE_32);
    }

    static void write64(GuestMemory ram, long address) {
        write(ram, address, CODE_64);
    }

    private static void write(GuestMemory ram, long address, long code) {
        ram.fill(address, SIZE, 0);
        ram.putLong(address + BOOT_CS, code);
        ram.putLong(address + BOOT_DS, DATA);
    }
}
