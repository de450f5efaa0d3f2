package trapframe.cpu;

import trapframe.unicorn.CpuState;

/** Whether the running code may access I/O ports: IOPL and the TSS's permission bitmap (SDM vol. 1, section 19.5). */
final class PortPermission {
    private static final int IOPL_SHIFT = 12;
    private static final int BITMAP_POINTER = 0x66;
    private static final int TYPE_32_BIT = 8;

    private final CpuState state;
    private final LinearMemory memory;

    PortPermission(CpuState state, LinearMemory memory) {
        this.state = state;
        this.memory = memory;
    }

    boolean allows(int port, int width) {
        if (!state.isProtectedMode()) {
            return true;
        }
        boolean virtual8086 = (state.eflags() & CpuState.VM) != 0;
        if (!virtual8086 && state.cpl() <= (state.eflags() & CpuState.IOPL) >> IOPL_SHIFT) {
            return true;
        }
        try {
            return bitmapAllows(port, width);
        } catch (CpuFault unreadable) {
            return false;
        }
    }

    /** The two bytes around the port's bits are read, and both must lie within the TSS. */
    private boolean bitmapAllows(int port, int width) throws CpuFault {
        if ((state.taskFlags() >>> 8 & TYPE_32_BIT) == 0 || BITMAP_POINTER + 1 > state.taskLimit()) {
            return false;
        }
        long offset = memory.readTable(state.taskBase() + BITMAP_POINTER, 2) + port / 8;
        if (offset + 1 > state.taskLimit()) {
            return false;
        }
        long bits = memory.readTable(state.taskBase() + offset, 2) >>> port % 8;
        return (bits & (1 << width) - 1) == 0;
    }
}
