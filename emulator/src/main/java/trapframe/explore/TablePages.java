package trapframe.explore;

import java.util.BitSet;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Paging;
import trapframe.memory.GuestMemory;

/** The pages of RAM that hold page tables, as far as CR3 led there when somebody looked. */
final class TablePages {
    private final GuestMemory ram;
    private final BitSet pages = new BitSet();

    TablePages(GuestMemory ram) {
        this.ram = ram;
    }

    /** Adds those that a CPU uses now. */
    void look(CpuSnapshot cpu) {
        Paging paging = Paging.of(cpu);
        if (paging != Paging.NONE) {
            add(paging, paging.root(cpu.control()[2]), paging.top());
        }
    }

    private void add(Paging paging, long table, int level) {
        if (!ram.isRam(table, (long) paging.entries(level) * paging.entryBytes()) || pages.get(page(table))) {
            return;
        }
        pages.set(page(table));
        for (int index = 0; level > 0 && index < paging.entries(level); index++) {
            long entry = paging.entry(ram, table + (long) index * paging.entryBytes());
            if ((entry & Paging.PRESENT) != 0 && !paging.isPage(level, entry)) {
                add(paging, paging.table(entry), level - 1);
            }
        }
    }

    boolean has(long physical) {
        return pages.get(page(physical));
    }

    private static int page(long physical) {
        return (int) (physical / GuestMemory.PAGE_SIZE);
    }
}
