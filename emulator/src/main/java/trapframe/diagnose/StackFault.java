package trapframe.diagnose;

import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.unicorn.CpuState;

/**
 * A stack that ran into memory where none is.
 *
 * @param rsp the stack pointer
 * @param cr2 linear address of the last page fault
 */
public record StackFault(long rsp, long cr2) {
    private static final long NEAR = 4096;
    private static final long PUSHED = 8;

    /** What is wrong with a CPU's stack, if the place for the next push is not mapped. */
    static Optional<StackFault> of(Cpu cpu) {
        CpuState state = cpu.state();
        long rsp = state.register(CpuState.RSP);
        boolean paging = state.control(0) < 0 || (state.control(0) & 1L << 31) != 0;
        if (!paging || cpu.physical(rsp - PUSHED).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(new StackFault(rsp, state.control(2)));
    }

    /** Whether the last page fault was an access to the stack. */
    public boolean isPageFaultOfStack() {
        return Math.abs(rsp - cr2) <= NEAR;
    }

    String words() {
        return words(rsp);
    }

    static String words(long rsp) {
        return "the stack at 0x" + Long.toHexString(rsp) + " is not mapped";
    }
}
