package trapframe.harness;

import java.util.ArrayList;
import java.util.List;
import trapframe.cpu.CpuSnapshot;
import trapframe.memory.GuestMemory;

/** All that a CPU's page tables map now: 4-level, PAE and 32-bit paging (SDM vol. 3A, chapter 4). Looking changes nothing. */
public final class PageTables {
    /** Tables that refer to themselves on several levels map more than anybody can look at. */
    private static final int MOST_ENTRIES = 1 << 24;

    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PSE = 1 << 4;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LMA = 1 << 10;
    private static final long EFER_NXE = 1 << 11;
    private static final long PRESENT = 1;
    private static final long WRITABLE = 1 << 1;
    private static final long USER = 1 << 2;
    private static final long LARGE = 1 << 7;
    private static final long NO_EXECUTE = 1L << 63;
    private static final long ADDRESS = (1L << 52) - 1 & -GuestMemory.PAGE_SIZE;

    private final GuestMemory ram;
    private final int indexBits;
    private final int entryBytes;
    /** Levels below this one, but for the last, can have large pages. */
    private final int largest;
    private final boolean noExecute;
    private final List<Mapping> found = new ArrayList<>();
    private int entries;

    private PageTables(GuestMemory ram, int indexBits, int entryBytes, int largest, boolean noExecute) {
        this.ram = ram;
        this.indexBits = indexBits;
        this.entryBytes = entryBytes;
        this.largest = largest;
        this.noExecute = noExecute;
    }

    /**
     * What is mapped, by rising address from 0 on as numbers without a sign, neighbours of equal rights as one. Without paging, nothing.
     *
     * @throws IllegalStateException if the tables map more than can be looked at
     */
    public static List<Mapping> of(CpuSnapshot cpu, GuestMemory ram) {
        if ((cpu.control()[0] & CR0_PG) == 0) {
            return List.of();
        }
        long cr3 = cpu.control()[2];
        long cr4 = cpu.control()[3];
        boolean noExecute = (cpu.model()[0] & EFER_NXE) != 0;
        if ((cpu.model()[0] & EFER_LMA) != 0) {
            return new PageTables(ram, 9, Long.BYTES, 3, noExecute).walk(cr3 & ADDRESS, 3, 512);
        }
        if ((cr4 & CR4_PAE) != 0) {
            return new PageTables(ram, 9, Long.BYTES, 2, noExecute).walk(cr3 & 0xffff_ffe0L, 2, 4);
        }
        return new PageTables(ram, 10, Integer.BYTES, (cr4 & CR4_PSE) != 0 ? 2 : 0, false).walk(cr3 & 0xffff_f000L, 1, 1024);
    }

    private List<Mapping> walk(long table, int level, int count) {
        // PAE's first level has no rights of its own.
        table(table, level, count, 0, WRITABLE | USER, count == 4);
        return found;
    }

    private void table(long table, int level, int count, long base, long rights, boolean ignoresRights) {
        int shift = 12 + level * indexBits;
        for (int index = 0; index < count; index++) {
            long at = table + (long) index * entryBytes;
            if (!ram.isRam(at, entryBytes)) {
                return;
            }
            long entry = entryBytes == Long.BYTES ? ram.getLong(at) : ram.getInt(at) & 0xffff_ffffL;
            if ((entry & PRESENT) == 0) {
                continue;
            }
            if (++entries > MOST_ENTRIES) {
                throw new IllegalStateException("the page tables have more than " + MOST_ENTRIES + " entries");
            }
            long linear = base + ((long) index << shift);
            long both = ignoresRights ? rights : rights & entry | (rights | entry) & NO_EXECUTE;
            if (level == 0 || (entry & LARGE) != 0 && level < largest) {
                add(linear, entry, shift, both);
            } else {
                table(entry & ADDRESS, level - 1, 1 << indexBits, linear, both, false);
            }
        }
    }

    private void add(long linear, long entry, int shift, long rights) {
        long physical = entry & ADDRESS & -(1L << shift);
        if (entryBytes == Integer.BYTES && shift > 12) {
            // PSE-36 (SDM table 4-4): bits 20 to 13 are bits 39 to 32 of the address.
            physical = entry & 0xffc0_0000L | (entry >>> 13 & 0xff) << 32;
        }
        long canonical = entryBytes == Long.BYTES && largest == 3 ? linear << 16 >> 16 : linear;
        Mapping mapping = new Mapping(canonical, physical, 1L << shift, (rights & WRITABLE) != 0, (rights & USER) != 0,
                !(noExecute && (rights & NO_EXECUTE) != 0));
        Mapping merged = found.isEmpty() ? null : found.getLast().with(mapping).orElse(null);
        if (merged == null) {
            found.add(mapping);
        } else {
            found.set(found.size() - 1, merged);
        }
    }
}
