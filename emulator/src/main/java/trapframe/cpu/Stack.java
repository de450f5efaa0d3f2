package trapframe.cpu;

import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/** The stack that a frame is pushed on; the stack pointer moves only when the whole frame is there. */
final class Stack {
    /** The address of no page. */
    private static final long NOWHERE = 1;

    private final LinearMemory memory;
    private final long base;
    private final long mask;
    private final boolean user;
    private long pointer;
    /** The linear page of the last push, and where it is; a frame's pushes are nearly all to one. */
    private long page = NOWHERE;
    private long physicalPage;

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
        write(mask == -1 ? linear : linear & 0xffff_ffffL, width, value);
        pointer = next;
    }

    private void write(long linear, int width, long value) throws CpuFault {
        long offset = linear & GuestMemory.PAGE_SIZE - 1;
        if (offset + width > GuestMemory.PAGE_SIZE) {
            memory.write(linear, width, value, user, false);
            return;
        }
        if (linear - offset != page) {
            physicalPage = memory.writable(linear, user) - offset;
            page = linear - offset;
        }
        memory.store(physicalPage + offset, width, value);
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
