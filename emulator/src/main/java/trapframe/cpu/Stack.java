package trapframe.cpu;

import trapframe.unicorn.CpuState;

/** The stack that a frame is pushed on; the stack pointer moves only when the whole frame is there. */
final class Stack {
    private final LinearMemory memory;
    private final long base;
    private final long mask;
    private final boolean user;
    private long pointer;

    /**
     * @param base the segment's base
     * @param mask which bits of the pointer count: 16, 32 or all
     * @param user whether the pushes are made with the privilege of ring 3
     */
    Stack(LinearMemory memory, long base, long pointer, long mask, boolean user) {
        this.memory = memory;
        this.base = base;
        this.mask = mask;
        this.user = user;
        this.pointer = pointer;
    }

    void push(int width, long value) throws CpuFault {
        long next = pointer & ~mask | pointer - width & mask;
        long linear = base + (next & mask);
        if (mask == -1 && linear << 16 >> 16 != linear) {
            throw new CpuFault(Vector.STACK_FAULT, 0);
        }
        memory.write(mask == -1 ? linear : linear & 0xffff_ffffL, width, value, user, false);
        pointer = next;
    }

    long pointer() {
        return pointer;
    }

    /** Stores the pointer in RSP, of which only the bits of the mask change. */
    void storePointer(CpuState state, long stackMask) {
        long old = state.register(CpuState.RSP);
        state.setRegister(CpuState.RSP, old & ~stackMask & 0xffff_ffffL | pointer & stackMask);
    }
}
