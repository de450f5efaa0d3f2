package trapframe.cpu;

import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/** The tables that the CPU reads by itself: GDT, LDT and TSS, where they are now. */
final class SystemTables {
    private final CpuState state;

    SystemTables(CpuState state) {
        this.state = state;
    }

    boolean contains(long address) {
        return isIn(address, state.gdtBase(), state.gdtLimit() & 0xffffL)
                || isIn(address, state.ldtBase(), state.ldtLimit())
                || isIn(address, state.taskBase(), state.taskLimit());
    }

    /** Whether a table has a byte in a page. */
    boolean touches(long page) {
        return touches(page, state.gdtBase(), state.gdtLimit() & 0xffffL)
                || touches(page, state.ldtBase(), state.ldtLimit())
                || touches(page, state.taskBase(), state.taskLimit());
    }

    private static boolean isIn(long address, long base, long limit) {
        return address - base >= 0 && address - base <= limit;
    }

    private static boolean touches(long page, long base, long limit) {
        return isIn(base, page, GuestMemory.PAGE_SIZE - 1) || isIn(page, base, limit);
    }
}
