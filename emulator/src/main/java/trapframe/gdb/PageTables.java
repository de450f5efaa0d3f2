package trapframe.gdb;

import java.util.Locale;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Paging;
import trapframe.memory.GuestMemory;

/** A page walk in words, level by level (SDM vol. 3A, chapter 4), for {@code monitor tlb}. It changes nothing. */
final class PageTables {
    private static final String[] LEVELS = {"PTE", "PDE", "PDPTE", "PML4E"};

    private final Paging paging;
    private final GuestMemory ram;
    private final StringBuilder text = new StringBuilder();

    private PageTables(Paging paging, GuestMemory ram) {
        this.paging = paging;
        this.ram = ram;
    }

    /** What a CPU's tables say of a linear address. */
    static String walk(CpuSnapshot cpu, GuestMemory ram, long linear) {
        Paging paging = Paging.of(cpu);
        long cr3 = cpu.control()[2];
        if (paging == Paging.NONE) {
            return "paging is off: physical 0x" + Long.toHexString(paging.linear(linear)) + "\n";
        }
        if (paging == Paging.FOUR_LEVEL && paging.linear(linear) != linear) {
            return "not canonical\n";
        }
        PageTables walk = new PageTables(paging, ram);
        walk.text.append("CR3 ").append(hex(cr3)).append('\n');
        walk.level(paging.root(cr3), paging.linear(linear), paging.top());
        return walk.text.toString();
    }

    private void level(long table, long linear, int level) {
        long at = paging.entryAt(table, level, linear);
        if (!ram.isRam(at, paging.entryBytes())) {
            text.append(LEVELS[level]).append(" at ").append(hex(at)).append(": no RAM\n");
            return;
        }
        long entry = paging.entry(ram, at);
        text.append(String.format(Locale.ROOT, "%-5s at %s: %s %s%n", LEVELS[level], hex(at), hex(entry), flags(entry, level)));
        if ((entry & Paging.PRESENT) == 0) {
            text.append("not present\n");
        } else if (paging.isPage(level, entry)) {
            long size = 1L << paging.shift(level);
            text.append("physical ").append(hex(paging.page(level, entry) + (linear & size - 1))).append(", page of ").append(size / 1024).append(" KiB\n");
        } else {
            level(paging.table(entry), linear, level - 1);
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
