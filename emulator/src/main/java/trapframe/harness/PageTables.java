package trapframe.harness;

import java.util.ArrayList;
import java.util.List;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Paging;
import trapframe.memory.GuestMemory;

/** All that a CPU's page tables map now: 4-level, PAE and 32-bit paging (SDM vol. 3A, chapter 4). Looking changes nothing. */
public final class PageTables {
    /** Tables that refer to themselves on several levels map more than anybody can look at. */
    private static final int MOST_ENTRIES = 1 << 24;

    private static final long EFER_NXE = 1 << 11;

    private final Paging paging;
    private final GuestMemory ram;
    private final boolean noExecute;
    private final List<Mapping> found = new ArrayList<>();
    private int entries;

    private PageTables(Paging paging, GuestMemory ram, boolean noExecute) {
        this.paging = paging;
        this.ram = ram;
        this.noExecute = noExecute;
    }

    /**
     * What is mapped, by rising address from 0 on as numbers without a sign, neighbours of equal rights as one. Without paging, nothing.
     *
     * @throws IllegalStateException if the tables map more than can be looked at
     */
    public static List<Mapping> of(CpuSnapshot cpu, GuestMemory ram) {
        Paging paging = Paging.of(cpu);
        if (paging == Paging.NONE) {
            return List.of();
        }
        PageTables tables = new PageTables(paging, ram, (cpu.model()[0] & EFER_NXE) != 0);
        tables.table(paging.root(cpu.control()[2]), paging.top(), 0, Paging.WRITABLE | Paging.USER);
        return tables.found;
    }

    private void table(long table, int level, long base, long rights) {
        for (int index = 0; index < paging.entries(level); index++) {
            long linear = base + ((long) index << paging.shift(level));
            long at = paging.entryAt(table, level, linear);
            if (!ram.isRam(at, paging.entryBytes())) {
                return;
            }
            long entry = paging.entry(ram, at);
            if ((entry & Paging.PRESENT) == 0) {
                continue;
            }
            if (++entries > MOST_ENTRIES) {
                throw new IllegalStateException("the page tables have more than " + MOST_ENTRIES + " entries");
            }
            long both = paging.hasRights(level) ? rights & entry | (rights | entry) & Paging.NO_EXECUTE : rights;
            if (paging.isPage(level, entry)) {
                add(linear, level, entry, both);
            } else {
                table(paging.table(entry), level - 1, linear, both);
            }
        }
    }

    private void add(long linear, int level, long entry, long rights) {
        Mapping mapping = new Mapping(paging.linear(linear), paging.page(level, entry), 1L << paging.shift(level), (rights & Paging.WRITABLE) != 0,
                (rights & Paging.USER) != 0, !(noExecute && (rights & Paging.NO_EXECUTE) != 0));
        Mapping merged = found.isEmpty() ? null : found.getLast().with(mapping).orElse(null);
        if (merged == null) {
            found.add(mapping);
        } else {
            found.set(found.size() - 1, merged);
        }
    }
}
