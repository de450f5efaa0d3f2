package trapframe.cpu;

import trapframe.memory.GuestMemory;

/**
 * The shape of page tables: how many levels, how wide the entries, where pages can be large (SDM vol. 3A, sections 4.1 to 4.5). Levels count from the
 * last one, 0, up. PCID, protection keys and 5-level paging are not there.
 */
public enum Paging {
    NONE(0, 0, 0, 0),
    /** 32-bit paging with pages of 4 KiB. */
    BITS_32(2, 10, Integer.BYTES, 0),
    /** 32-bit paging with CR4.PSE: pages of 4 MiB too, at 40-bit addresses (PSE-36). */
    BITS_32_LARGE(2, 10, Integer.BYTES, 1),
    PAE(3, 9, Long.BYTES, 1),
    FOUR_LEVEL(4, 9, Long.BYTES, 2);

    /** The width of physical addresses (MAXPHYADDR; CPUID, leaf 0x80000008). */
    public static final int PHYSICAL_ADDRESS_BITS = 40;

    /** In an entry. */
    public static final long PRESENT = 1;
    /** In an entry. */
    public static final long WRITABLE = 1 << 1;
    /** In an entry. */
    public static final long USER = 1 << 2;
    /** In an entry: a page, and not another table (PS). */
    public static final long LARGE = 1 << 7;
    /** In an entry of 8 bytes. */
    public static final long NO_EXECUTE = 1L << 63;

    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PSE = 1 << 4;
    static final long CR4_PAE = 1 << 5;
    private static final long EFER_LMA = 1 << 10;
    private static final int PAE_TOP = 2;
    private static final int PAE_TOP_ENTRIES = 4;
    private static final long ADDRESS = (1L << PHYSICAL_ADDRESS_BITS) - 1 & -GuestMemory.PAGE_SIZE;

    private final int levels;
    private final int indexBits;
    private final int entryBytes;
    private final int largest;

    Paging(int levels, int indexBits, int entryBytes, int largest) {
        this.levels = levels;
        this.indexBits = indexBits;
        this.entryBytes = entryBytes;
        this.largest = largest;
    }

    static Paging of(long cr0, long cr4, boolean longMode) {
        return (cr0 & CR0_PG) == 0 ? NONE : longMode ? FOUR_LEVEL : (cr4 & CR4_PAE) != 0 ? PAE : (cr4 & CR4_PSE) != 0 ? BITS_32_LARGE : BITS_32;
    }

    public static Paging of(CpuSnapshot cpu) {
        return of(cpu.control()[0], cpu.control()[3], (cpu.model()[0] & EFER_LMA) != 0);
    }

    /** The level of the first table. */
    public int top() {
        return levels - 1;
    }

    /** Physical address of the first table. */
    public long root(long cr3) {
        return switch (this) {
            case FOUR_LEVEL -> cr3 & ADDRESS;
            case PAE -> cr3 & 0xffff_ffe0L;
            default -> cr3 & 0xffff_f000L;
        };
    }

    /** How many entries a table has. */
    public int entries(int level) {
        return this == PAE && level == PAE_TOP ? PAE_TOP_ENTRIES : 1 << indexBits;
    }

    /** The width of an entry: 4 or 8. */
    public int entryBytes() {
        return entryBytes;
    }

    /** An address as the tables take it: with 48 bits, sign-extended, or with 32. One that is not canonical becomes another one. */
    public long linear(long address) {
        return this == FOUR_LEVEL ? address << 16 >> 16 : address & 0xffff_ffffL;
    }

    /** The bits of an address behind the index of a level: the size of what an entry maps is two to the power of it. */
    public int shift(int level) {
        return 12 + level * indexBits;
    }

    /** Physical address of the entry for a linear address. */
    public long entryAt(long table, int level, long linear) {
        return table + (linear >>> shift(level) & (1 << indexBits) - 1) * entryBytes;
    }

    /** The entry at a physical address, in RAM. */
    public long entry(GuestMemory ram, long address) {
        return entry(ram, address, entryBytes);
    }

    /** The entry of 4 or 8 bytes at a physical address, in RAM. */
    static long entry(GuestMemory ram, long address, int bytes) {
        return bytes == Long.BYTES ? ram.getLong(address) : ram.getInt(address) & 0xffff_ffffL;
    }

    /** Whether entries of a level grant rights and have an accessed flag: PAE's first ones do not. */
    public boolean hasRights(int level) {
        return this != PAE || level != PAE_TOP;
    }

    /** Whether a present entry is a page, and not another table. */
    public boolean isPage(int level, long entry) {
        return level == 0 || level <= largest && (entry & LARGE) != 0;
    }

    /** Physical address of the table that an entry names. */
    public long table(long entry) {
        return entry & ADDRESS;
    }

    /** Physical address of the page that an entry names. */
    public long page(int level, long entry) {
        // PSE-36 (SDM table 4-4): bits 20 to 13 are bits 39 to 32 of the address.
        return level > 0 && this == BITS_32_LARGE ? entry & 0xffc0_0000L | (entry >>> 13 & 0xff) << 32 : entry & ADDRESS & -(1L << shift(level));
    }
}
