package trapframe.explore;

import java.util.BitSet;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/** The pages of RAM that hold page tables of 64-bit code (SDM vol. 3A, section 4.5), as far as CR3 led there when somebody looked. */
final class TablePages {
    private static final int LEVELS = 4;
    private static final int PRESENT = 1;
    private static final int LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    private final GuestMemory ram;
    private final BitSet pages = new BitSet();

    TablePages(GuestMemory ram) {
        this.ram = ram;
    }

    /** Adds those that a CPU uses now. */
    void look(CpuState state) {
        add(state.control(3) & ADDRESS, LEVELS);
    }

    private void add(long table, int level) {
        if (!ram.isRam(table, GuestMemory.PAGE_SIZE) || pages.get(page(table))) {
            return;
        }
        pages.set(page(table));
        for (long at = table; level > 1 && at < table + GuestMemory.PAGE_SIZE; at += Long.BYTES) {
            long entry = ram.getLong(at);
            if ((entry & PRESENT) != 0 && (entry & LARGE) == 0) {
                add(entry & ADDRESS, level - 1);
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
