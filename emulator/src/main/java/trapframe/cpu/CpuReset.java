package trapframe.cpu;

import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/** The CPU's state after power-on and after INIT (SDM vol. 3A, table 10-1), and what a boot protocol changes in it. */
final class CpuReset {
    private static final long CR0_PE = 1;
    private static final long CR0_ET = 1 << 4;
    private static final long CR0_NE = 1 << 5;
    private static final long CR0_NW = 1 << 29;
    private static final long CR0_CD = 1 << 30;
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long EFER_LME = 1 << 8;
    private static final long EFER_LMA = 1 << 10;
    private static final long DR6_FIXED = 0xffff_0ff0L;
    private static final long DR7_FIXED = 0x400;
    private static final int FLAGS_FIXED = 2;
    private static final int TSS_BUSY_32 = 0x8b00;
    private static final int LDT_PRESENT = 0x8200;
    private static final int REAL_LIMIT = 0xffff;
    private static final int RESET_CODE_SEGMENT = 0xf000;
    private static final int RESET_RIP = 0xfff0;
    private static final int MSR_PAT = 0x277;
    private static final long PAT_DEFAULT = 0x0007_0406_0007_0406L;
    private static final int MSR_MISC_ENABLE = 0x1a0;
    private static final int REAL_IDT_LIMIT = 0x3ff;

    private CpuReset() { }

    static void apply(EntryState entry, Engine engine, Segmentation segmentation) {
        CpuState state = engine.state();
        clearRegisters(engine);
        clearModelRegisters(engine);
        boolean real = entry.mode() == EntryState.Mode.REAL;
        boolean isLong = entry.mode() == EntryState.Mode.LONG;
        state.setControl(0, CR0_ET | CR0_NE & (isLong ? -1 : 0) | (real ? 0 : CR0_PE) | (isLong ? CR0_PG : 0));
        state.setControl(3, entry.cr3());
        state.setControl(4, isLong ? CR4_PAE : 0);
        state.setEfer(isLong ? EFER_LME | EFER_LMA : 0);
        state.setHflags((real ? 0 : CpuState.HFLAGS_PE) | (isLong ? CpuState.HFLAGS_LMA : 0));
        state.setGdt(entry.gdtBase(), entry.gdtLimit());
        state.setIdt(0, real ? REAL_IDT_LIMIT : 0);
        state.setLdt(0, 0, 0xffff, LDT_PRESENT);
        state.setTask(0, 0, 0xffff, TSS_BUSY_32);
        for (int segment = CpuState.ES; segment <= CpuState.GS; segment++) {
            int selector = segment == CpuState.CS ? entry.codeSelector() : entry.dataSelector();
            if (real) {
                segmentation.setReal(segment, selector, 0);
            } else {
                segmentation.set(segment, selector, 0, 0xffff_ffffL, segment == CpuState.CS
                        ? Descriptor.flatCode(0, isLong) : Descriptor.flatData(0));
            }
        }
        state.setRegister(CpuState.RAX, entry.rax());
        state.setRegister(CpuState.RBX, entry.rbx());
        state.setRegister(CpuState.RSI, entry.rsi());
        state.setRegister(CpuState.RSP, entry.rsp());
        state.setRip(entry.rip());
    }

    /** Power-on, without the start of the firmware. */
    static void powerOn(Engine engine, Segmentation segmentation) {
        engine.state().setControl(0, CR0_CD | CR0_NW);
        clearModelRegisters(engine);
        init(engine, segmentation);
    }

    /** INIT leaves the x87 and SSE registers, the model-specific ones and the cache's control bits as they are. */
    static void init(Engine engine, Segmentation segmentation) {
        CpuState state = engine.state();
        clearRegisters(engine);
        state.setControl(0, state.control(0) & (CR0_CD | CR0_NW) | CR0_ET);
        state.setControl(3, 0);
        state.setControl(4, 0);
        state.setEfer(0);
        state.setGdt(0, REAL_LIMIT);
        state.setIdt(0, REAL_LIMIT);
        state.setLdt(0, 0, REAL_LIMIT, LDT_PRESENT);
        state.setTask(0, 0, REAL_LIMIT, TSS_BUSY_32);
        for (int segment = CpuState.ES; segment <= CpuState.GS; segment++) {
            segmentation.setReal(segment, 0, 0);
        }
        segmentation.setReal(CpuState.CS, RESET_CODE_SEGMENT, 0);
        state.setRegister(CpuState.RDX, CpuidTable.SIGNATURE);
        state.setRip(RESET_RIP);
    }

    /** A start-up message: real-mode code at the page that the vector names (SDM vol. 3A, section 9.4.4.2). */
    static void startup(int vector, CpuState state, Segmentation segmentation) {
        segmentation.setReal(CpuState.CS, vector << Byte.SIZE, 0);
        state.setRip(0);
    }

    private static void clearRegisters(Engine engine) {
        CpuState state = engine.state();
        engine.forgetBreakpoints();
        for (int i = 0; i < 16; i++) {
            state.setRegister(i, 0);
        }
        engine.setRflags(FLAGS_FIXED);
        state.setHflags(0);
        state.setHflags2(1);
        state.setControl(2, 0);
        for (int i = 0; i < 4; i++) {
            state.setDebug(i, 0);
        }
        state.setDebug(6, DR6_FIXED);
        state.setDebug(7, DR7_FIXED);
        state.forgetException();
    }

    private static void clearModelRegisters(Engine engine) {
        engine.vector().reset();
        for (int msr : new int[] {0x174, 0x175, 0x176, 0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084,
                0xc000_0100, 0xc000_0101, 0xc000_0102, 0xc000_0103}) {
            engine.setMsr(msr, 0);
        }
        engine.setMsr(MSR_PAT, PAT_DEFAULT);
        // Without the flag for fast strings kernels copy by moves, which cost the engine less than repeated strings.
        engine.setMsr(MSR_MISC_ENABLE, 0);
    }
}
