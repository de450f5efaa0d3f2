package trapframe.explore;

import java.util.OptionalLong;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.StackUse;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.unicorn.CpuState;

/** Where a run was interrupted, and how it comes back there: to the same instruction, in the same task as far as its stack tells. */
final class Interrupted {
    /** Behind so many code bytes an interrupt is taken not to come back. */
    private static final long LONGEST = 1 << 20;
    private static final int IST = 7;
    private static final int TSS_RSP0 = 4;
    private static final int TSS_IST1 = 36;
    /** What an interrupt pushes at most, aligned (SDM vol. 3A, section 6.14.2). */
    private static final long FRAME = 64;
    /** An interrupt that comes while a stack of the interrupt stack table is in use by less than this does not leave it dead. */
    private static final long STACK = 16 << 10;

    private final Bench bench;
    private final Cpu cpu;
    private final long rip;
    private final long pointer;
    private final boolean inKernel;
    private StackUse use = new StackUse(0, 0);
    private long top;

    /** @param bench of which the CPU that goes on is about to be interrupted */
    Interrupted(Bench bench) {
        this.bench = bench;
        cpu = bench.cpu();
        CpuState state = cpu.state();
        rip = state.linearRip();
        pointer = state.register(CpuState.RSP);
        inKernel = state.cpl() == 0;
    }

    /**
     * Runs until the interrupt is over, but not as long as one that is taken not to come back.
     *
     * @param limit the position up to which it may run at most
     * @return {@link StopReason.Returned} if it is
     */
    StopReason comeBack(long limit) {
        bench.machine().awaitReturn(cpu.number());
        StopReason reason = bench.run(Math.min(limit, bench.position() + LONGEST));
        bench.machine().forgetReturn(cpu.number());
        if (reason instanceof StopReason.Returned) {
            use = cpu.stackUse();
            top = top(use.frame());
        }
        return reason;
    }

    /** Whether an interrupt is requested of that CPU now, and not of others alone. */
    boolean isRequested() {
        return cpu.isInterruptRequested();
    }

    /** The lowest stack pointer, linear, of the interrupt that is over. */
    long lowest() {
        return use.lowest();
    }

    /** What is dead, once the interrupt is over, of the stack that it used. */
    DeadStack deadStack() {
        return top == 0 ? DeadStack.NONE : DeadStack.of(cpu, use.lowest(), top);
    }

    /**
     * Whether a value here is what another value was to another interrupt, both being over: the address where it came, the stack pointer, or
     * a place in the dead stack, which is as far from the frame.
     */
    boolean isAlike(long value, Interrupted other, long otherValue) {
        return value == rip && otherValue == other.rip || value == pointer && otherValue == other.pointer
                || value - use.frame() == otherValue - other.use.frame() && isInDeadStack(value) && other.isInDeadStack(otherValue);
    }

    private boolean isInDeadStack(long value) {
        return value >= use.lowest() && value < top;
    }

    /** The top of the stack that a frame was pushed on, above which something may be in use; 0 if it is not known. */
    private long top(long frame) {
        if (inKernel && isTop(pointer, frame)) {
            return pointer;
        }
        return IntStream.rangeClosed(0, IST).mapToLong(this::stack).filter(top -> isTop(top, frame)).min().orElse(0);
    }

    private static boolean isTop(long top, long frame) {
        return frame < top && top - frame <= FRAME;
    }

    /** The top of a stack that an interrupt switches to, and that holds nothing then; 0 if it holds something. */
    private long stack(int number) {
        long top = taskPointer(number == 0 ? TSS_RSP0 : TSS_IST1 + Long.BYTES * (number - 1));
        return pointer <= top && top - pointer < STACK ? 0 : top;
    }

    private long taskPointer(int offset) {
        OptionalLong physical = cpu.physical(cpu.state().taskBase() + offset);
        Machine machine = bench.machine();
        return physical.isPresent() && machine.ram().isRam(physical.getAsLong(), Long.BYTES) ? machine.ram().getLong(physical.getAsLong()) : 0;
    }
}
