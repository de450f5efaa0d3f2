package trapframe.cpu;

import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/** SYSCALL and SYSENTER (SDM vol. 2B); SYSRET and SYSEXIT are the engine's own. */
final class SystemCall {
    private static final long EFER_SCE = 1;

    private final Engine engine;
    private final CpuState state;
    private final Segmentation segmentation;

    SystemCall(Engine engine, Segmentation segmentation) {
        this.engine = engine;
        this.state = engine.state();
        this.segmentation = segmentation;
    }

    /** SYSCALL, with RIP behind it. */
    void syscall() throws CpuFault {
        if ((state.efer() & EFER_SCE) == 0 || !state.is64Bit()) {
            throw new CpuFault(Vector.INVALID_OPCODE, 0);
        }
        int flags = engine.rflags() & ~CpuState.RF;
        state.setRegister(CpuState.RCX, state.rip());
        state.setRegister(CpuState.R11, flags & 0xffff_ffffL);
        engine.setRflags(flags & ~(int) state.syscallMask() | 2);
        enterRing0((int) (state.star() >>> 32) & 0xfffc, true);
        state.setRip(state.lstar());
    }

    /** SYSENTER, with RIP behind it. */
    void sysenter() throws CpuFault {
        if (!state.isProtectedMode() || (state.sysenterCs() & 0xfffc) == 0) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, 0);
        }
        boolean is64Bit = state.isLongMode();
        engine.setRflags(engine.rflags() & ~(CpuState.IF | CpuState.VM | CpuState.RF));
        enterRing0(state.sysenterCs() & 0xfffc, is64Bit);
        long mask = is64Bit ? -1 : 0xffff_ffffL;
        state.setRegister(CpuState.RSP, state.sysenterEsp() & mask);
        state.setRip(state.sysenterEip() & mask);
    }

    private void enterRing0(int codeSelector, boolean is64Bit) {
        segmentation.set(CpuState.CS, codeSelector, 0, 0xffff_ffffL, Descriptor.flatCode(0, is64Bit));
        segmentation.set(CpuState.SS, codeSelector + 8, 0, 0xffff_ffffL, Descriptor.flatData(0));
    }
}
