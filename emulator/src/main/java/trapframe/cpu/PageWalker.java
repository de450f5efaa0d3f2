package trapframe.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.EngineCallbacks.Access;

/**
 * Linear to physical addresses, as SDM vol. 3A chapter 4 ("Paging") says: 32-bit paging with 4 KiB and 4 MiB pages
 * (PSE-36), PAE paging, and 4-level paging with 4 KiB, 2 MiB and 1 GiB pages; accessed and dirty flags; CR0.WP, NX,
 * SMEP, SMAP; reserved bits for a physical address width of {@value Paging#PHYSICAL_ADDRESS_BITS}. {@link Paging} is the shape of
 * the tables.
 *
 * <p>The result of a walk stays in this object until the next one. PAE's page-directory-pointer entries are read at
 * each walk instead of at the load of CR3.
 */
final class PageWalker {
    /** How a walk ended. */
    enum Result {
        MAPPED,
        /** A page fault with {@link #errorCode}. */
        PAGE_FAULT,
        /** The address is not canonical: a general-protection or stack fault. */
        NOT_CANONICAL
    }

    static final int ERROR_PRESENT = 1;
    static final int ERROR_WRITE = 1 << 1;
    static final int ERROR_USER = 1 << 2;
    static final int ERROR_RESERVED = 1 << 3;
    static final int ERROR_FETCH = 1 << 4;

    private static final int LEVELS = 4;

    private static final long CR0_WP = 1 << 16;
    private static final long CR4_SMEP = 1 << 20;
    private static final long CR4_SMAP = 1 << 21;
    private static final long EFER_NXE = 1 << 11;

    private static final long ACCESSED = 1 << 5;
    private static final long DIRTY = 1 << 6;
    private static final long ADDRESS_RESERVED = (1L << 52) - 1 & -(1L << Paging.PHYSICAL_ADDRESS_BITS);
    private static final long PAE_RESERVED = ADDRESS_RESERVED | 0x7ff0_0000_0000_0000L;
    private static final long PAE_POINTER_RESERVED = PAE_RESERVED | Paging.NO_EXECUTE | 0x1e6;
    /** Present, and any combination that never denies anything. */
    private static final long ALL_ALLOWED = Paging.PRESENT | Paging.WRITABLE | Paging.USER;

    /** A page-table entry: where it is, how wide, and what it holds. */
    record TableEntry(long address, int width, long value) {
        /** Whether it is so in RAM. */
        boolean isIn(GuestMemory ram) {
            return value == Paging.entry(ram, address, width);
        }
    }

    private final GuestMemory ram;
    private final CpuState state;
    /** Entries in which walks for fetches set a flag, as they were before. */
    private final List<TableEntry> writes = new ArrayList<>();
    /** Where the entries are that the last walk read, from the first table on; so many of them. */
    private final long[] path = new long[LEVELS];
    private int depth;
    private int entryBytes;

    private long physical;
    private int errorCode;
    private boolean executable;
    private boolean readable;

    private boolean write;
    private boolean fetch;
    private boolean user;
    private boolean implicit;
    private boolean keepFlags;
    private boolean storable;
    private long rights;
    private boolean noExecute;

    PageWalker(GuestMemory ram, CpuState state) {
        this.ram = ram;
        this.state = state;
    }

    /** The physical address that the last walk found. */
    long physical() {
        return physical;
    }

    /** The error code of the page fault that ended the last walk. */
    int errorCode() {
        return errorCode;
    }

    /** Whether the page found last may be executed at the privilege of that walk. */
    boolean executable() {
        return executable;
    }

    /** Whether the page found last may be read at the privilege of that walk. */
    boolean readable() {
        return readable;
    }

    /** Walks for an access by the running code, at its privilege level. */
    Result walk(long linear, Access access) {
        return walk(linear, access, state.cpl() == 3, false);
    }

    /** Walks for an access that the CPU makes by itself to its tables: GDT, LDT, IDT, TSS (SDM 4.6, "implicit"). */
    Result walkImplicit(long linear, Access access) {
        return walk(linear, access, false, true);
    }

    /** Walks without setting any flag, ignoring permissions, for debuggers and reports. */
    Result look(long linear) {
        keepFlags = true;
        storable = false;
        try {
            return walk(linear, Access.READ, false, true);
        } finally {
            keepFlags = false;
        }
    }

    /** Whether the running code may store to the page that the last {@link #look} found, and its tables say so already. */
    boolean storable() {
        return storable;
    }

    /** Physical addresses of the entries that the last walk read. */
    List<Long> entries() {
        return Arrays.stream(path, 0, depth).boxed().toList();
    }

    /** The entries that the last walk read, as it left them; without those that are not in RAM. */
    List<TableEntry> path() {
        List<TableEntry> entries = new ArrayList<>(depth);
        for (int i = 0; i < depth; i++) {
            if (ram.isRam(path[i], entryBytes)) {
                entries.add(new TableEntry(path[i], entryBytes, Paging.entry(ram, path[i], entryBytes)));
            }
        }
        return entries;
    }

    Result walk(long linear, Access access, boolean asUser, boolean isImplicit) {
        write = access == Access.WRITE;
        fetch = access == Access.FETCH;
        user = asUser;
        implicit = isImplicit;
        depth = 0;
        Paging paging = Paging.of(state.control(0), state.control(4), state.isLongMode());
        if (paging == Paging.NONE) {
            storable = true;
            physical = paging.linear(linear);
            executable = true;
            readable = true;
            return Result.MAPPED;
        }
        if (paging == Paging.FOUR_LEVEL && paging.linear(linear) != linear) {
            return Result.NOT_CANONICAL;
        }
        rights = ALL_ALLOWED;
        noExecute = false;
        return walkTables(paging, paging.linear(linear));
    }

    private Result walkTables(Paging paging, long linear) {
        entryBytes = paging.entryBytes();
        long table = paging.root(state.control(3));
        for (int level = paging.top(); ; level--) {
            long at = paging.entryAt(table, level, linear);
            long entry = readTable(paging, at);
            if ((entry & Paging.PRESENT) == 0) {
                return fault(0);
            }
            boolean page = paging.isPage(level, entry);
            if ((entry & reserved(paging, level, page)) != 0) {
                return fault(ERROR_PRESENT | ERROR_RESERVED);
            }
            if (paging.hasRights(level)) {
                rights &= entry;
                noExecute |= (entry & Paging.NO_EXECUTE) != 0;
            }
            if (page) {
                return page(at, entry, paging.entryBytes(), paging.page(level, entry), paging.shift(level), linear);
            }
            if (paging.hasRights(level)) {
                markAccessed(at, entry, paging.entryBytes());
            }
            table = paging.table(entry);
        }
    }

    /** The bits of a present entry that have to be zero. */
    private long reserved(Paging paging, int level, boolean page) {
        long inLargePage = page && level > 0 ? (1L << paging.shift(level)) - 1 & ~0x1fffL : 0;
        long inLong = hasNoExecute() ? inLargePage : inLargePage | Paging.NO_EXECUTE;
        return switch (paging) {
            case FOUR_LEVEL -> ADDRESS_RESERVED | inLong | (level == paging.top() ? Paging.LARGE : 0);
            case PAE -> level == paging.top() ? PAE_POINTER_RESERVED : PAE_RESERVED | inLong;
            default -> page && level > 0 ? 1 << 21 : 0;
        };
    }

    private Result page(long at, long entry, int width, long base, int pageBits, long linear) {
        boolean userPage = (rights & Paging.USER) != 0;
        boolean writable = (rights & Paging.WRITABLE) != 0;
        if (user) {
            executable = userPage && !noExecute;
            readable = userPage;
        } else {
            executable = !noExecute && !(userPage && hasControl4(CR4_SMEP));
            readable = !(userPage && hasControl4(CR4_SMAP) && (implicit || (state.eflags() & CpuState.AC) == 0));
        }
        if (keepFlags) {
            storable = (entry & DIRTY) != 0 && isStorable(userPage, writable);
        }
        if (!keepFlags && !allowed(writable)) {
            return fault(ERROR_PRESENT);
        }
        long mask = (1L << pageBits) - 1;
        physical = base & ~mask | linear & mask;
        if (!keepFlags) {
            long flags = ACCESSED | (write ? DIRTY : 0);
            if ((entry & flags) != flags) {
                writeTable(at, entry | flags, width);
            }
        }
        return Result.MAPPED;
    }

    /** Whether the running code may store to a page. */
    private boolean isStorable(boolean userPage, boolean writable) {
        if (state.cpl() == 3) {
            return userPage && writable;
        }
        boolean kept = userPage && hasControl4(CR4_SMAP) && (state.eflags() & CpuState.AC) == 0;
        return !kept && (writable || (state.control(0) & CR0_WP) == 0);
    }

    private boolean allowed(boolean writable) {
        if (fetch) {
            return executable;
        }
        return readable && (!write || writable || !user && (state.control(0) & CR0_WP) == 0);
    }

    private boolean hasControl4(long bit) {
        return (state.control(4) & bit) != 0;
    }

    private Result fault(int code) {
        boolean fetchFlag = fetch && (hasNoExecute() && hasControl4(Paging.CR4_PAE) || hasControl4(CR4_SMEP));
        errorCode = code | (write ? ERROR_WRITE : 0) | (user ? ERROR_USER : 0) | (fetchFlag ? ERROR_FETCH : 0);
        return Result.PAGE_FAULT;
    }

    private boolean hasNoExecute() {
        return (state.efer() & EFER_NXE) != 0;
    }

    private void markAccessed(long at, long entry, int width) {
        if (!keepFlags && (entry & ACCESSED) == 0) {
            writeTable(at, entry | ACCESSED, width);
        }
    }

    /** Tables outside RAM read as all ones, like every address that nothing answers. */
    private long readTable(Paging paging, long at) {
        path[depth++] = at;
        return ram.isRam(at, paging.entryBytes()) ? paging.entry(ram, at) : paging.entryBytes() == Long.BYTES ? -1 : 0xffff_ffffL;
    }

    private void writeTable(long at, long entry, int width) {
        if (!ram.isRam(at, width)) {
            return;
        }
        if (fetch) {
            writes.add(new TableEntry(at, width, Paging.entry(ram, at, width)));
        }
        put(at, entry, width);
    }

    /** The entries in which walks for fetches set a flag since the last call, as they were before. */
    List<TableEntry> takeWrites() {
        if (writes.isEmpty()) {
            return List.of();
        }
        List<TableEntry> taken = List.copyOf(writes);
        writes.clear();
        return taken;
    }

    /** Takes an accessed flag back, unless the entry changed in the meantime. */
    void undo(TableEntry before) {
        if (Paging.entry(ram, before.address, before.width) == (before.value | ACCESSED)) {
            put(before.address, before.value, before.width);
        }
    }

    private void put(long at, long entry, int width) {
        if (width == 8) {
            ram.putLong(at, entry);
        } else {
            ram.putInt(at, (int) entry);
        }
    }
}
