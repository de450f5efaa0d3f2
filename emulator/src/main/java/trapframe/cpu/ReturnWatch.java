package trapframe.cpu;

import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;

/**
 * Waits until a CPU is back where it was, behind an interrupt or exception: at the same instruction, with the same stack pointer and page
 * tables. It looks where blocks begin, as what follows an IRET does, and behind single steps. Nothing in the guest can tell.
 */
final class ReturnWatch {
    /** What is further below a frame is taken to be another stack. */
    private static final long LARGEST_STACK = 16 << 10;

    private final CpuState state;
    private final BlockCounter counter;
    private boolean armed;
    private boolean delivered;
    private long address;
    private long pointer;
    private long pageTable;
    private long frame;
    private StackUse stackUse = new StackUse(0, 0);

    ReturnWatch(CpuState state, BlockCounter counter) {
        this.state = state;
        this.counter = counter;
    }

    /** Waits for the place where the CPU is now. */
    void arm() {
        armed = true;
        delivered = false;
        address = state.linearRip();
        pointer = state.register(CpuState.RSP);
        pageTable = state.control(3);
    }

    void disarm() {
        if (armed) {
            armed = false;
            counter.forgetStack();
        }
    }

    /** Something was delivered to the CPU: its handler is next. */
    void delivered() {
        if (armed && !delivered) {
            delivered = true;
            frame = state.register(CpuState.RSP);
            counter.watchStack(pointer, frame, frame - LARGEST_STACK);
        }
    }

    /** Whether the CPU is back, and about to execute the instruction at an address. */
    boolean isBack(long linear) {
        return armed && delivered && linear == address && state.register(CpuState.RSP) == pointer && state.control(3) == pageTable;
    }

    /** The CPU is back, and not waited for any more. */
    void end() {
        stackUse = new StackUse(frame, counter.lowestStack());
        disarm();
    }

    /** Of the interrupt that the CPU came back from last. */
    StackUse stackUse() {
        return stackUse;
    }
}
