package trapframe.gdb;

import java.util.Locale;
import trapframe.cpu.CpuSnapshot;
import trapframe.memory.GuestMemory;

/** A page walk in words, level by level (SDM vol. 3A, chapter 4), for {@code monitor tlb}. It changes nothing. */
final class PageTables {
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long CR4_PSE = 1 << 4;
    private static final long EFER_LMA = 1 << 10;
    private static final long LARGE = 1 << 7;
    private static final long PRESENT = 1;
    private static final long ADDRESS = (1L << 52) - 1 & -GuestMemory.PAGE_SIZE;
    private static final String[] LONG_LEVELS = {"PTE", "PDE", "PDPTE", "PML4E"};

    private final GuestMemory ram;
    private final StringBuilder text = new StringBuilder();

    private PageTables(GuestMemory ram) {
        this.ram = ram;
    }

    /** What a CPU's tables say of a linear address. */
    static String walk(CpuSnapshot cpu, GuestMemory ram, long linear) {
        PageTables walk = new PageTables(ram);
        long cr3 = cpu.control()[2];
        long cr4 = cpu.control()[3];
        if ((cpu.control()[0] & CR0_PG) == 0) {
            return "paging is off: physical 0x" + Long.toHexString(linear & 0xffff_ffffL) + "\n";
        }
        walk.text.append("CR3 ").append(hex(cr3)).append('\n');
        if ((cpu.model()[0] & EFER_LMA) != 0) {
            if (linear << 16 >> 16 != linear) {
                return "not canonical\n";
            }
            walk.levels(cr3 & ADDRESS, linear, 3, 9, Long.BYTES, 3, LONG_LEVELS);
        } else if ((cr4 & CR4_PAE) != 0) {
            walk.levels(cr3 & 0xffff_ffe0L, linear & 0xffff_ffffL, 2, 9, Long.BYTES, 2, LONG_LEVELS);
        } else {
            walk.levels(cr3 & 0xffff_f000L, linear & 0xffff_ffffL, 1, 10, Integer.BYTES, (cr4 & CR4_PSE) != 0 ? 2 : 0, LONG_LEVELS);
        }
        return walk.text.toString();
    }

    /** @param largest the levels below this one, but for the last, can have large pages */
    private void levels(long table, long linear, int level, int indexBits, int entryBytes, int largest, String[] names) {
        int shift = 12 + level * indexBits;
        long entryAt = table + (linear >>> shift & (1 << indexBits) - 1) * entryBytes;
        if (!ram.isRam(entryAt, entryBytes)) {
            text.append(names[level]).append(" at ").append(hex(entryAt)).append(": no RAM\n");
            return;
        }
        long entry = entryBytes == Long.BYTES ? ram.getLong(entryAt) : ram.getInt(entryAt) & 0xffff_ffffL;
        text.append(String.format(Locale.ROOT, "%-5s at %s: %s %s%n", names[level], hex(entryAt), hex(entry), flags(entry, level)));
        if ((entry & PRESENT) == 0) {
            text.append("not present\n");
        } else if (level == 0 || (entry & LARGE) != 0 && level < largest) {
            long offset = linear & (1L << shift) - 1;
            text.append("physical ").append(hex((entry & ADDRESS & -(1L << shift)) + offset)).append(", page of ")
                    .append((1L << shift) / 1024).append(" KiB\n");
        } else {
            levels(entry & ADDRESS, linear, level - 1, indexBits, entryBytes, largest, names);
        }
    }

    private static String flags(long entry, int level) {
        StringBuilder flags = new StringBuilder();
        String[] names = {"P", "W", "U", "PWT", "PCD", "A", "D", level == 0 ? "PAT" : "PS", "G"};
        for (int i = 0; i < names.length; i++) {
            if ((entry >>> i & 1) != 0) {
                flags.append(flags.isEmpty() ? "" : " ").append(names[i]);
            }
        }
        return flags + (entry < 0 ? " NX" : "");
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
