package trapframe.boot;

import trapframe.memory.GuestMemory;

/**
 * Page tables that map the first 4 GiB to themselves in 2 MiB pages (SDM vol. 3A, section 5.5): one PML4, one PDPT, four
 * page directories.
 */
final class IdentityMap {
    private static final int PAGE = GuestMemory.PAGE_SIZE;
    private static final int DIRECTORIES = 4;
    private static final int ENTRIES = 512;
    private static final long LARGE_PAGE = 2 << 20;
    private static final long PRESENT_WRITABLE = 0x3;
    private static final long PAGE_SIZE_BIT = 1 << 7;

    static final int SIZE = PAGE * (2 + DIRECTORIES);

    private IdentityMap() { }

    /** Writes the tables; the PML4 is at the address. */
    static void write(GuestMemory ram, long address) {
        long pdpt = address + PAGE;
        long directories = pdpt + PAGE;
        ram.fill(address, SIZE, 0);
        ram.putLong(address, pdpt | PRESENT_WRITABLE);
        for (int i = 0; i < DIRECTORIES; i++) {
            ram.putLong(pdpt + 8L * i, directories + (long) PAGE * i | PRESENT_WRITABLE);
        }
        for (int i = 0; i < DIRECTORIES * ENTRIES; i++) {
            ram.putLong(directories + 8L * i, LARGE_PAGE * i | PAGE_SIZE_BIT | PRESENT_WRITABLE);
        }
    }
}
