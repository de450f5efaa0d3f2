package trapframe.cpu;

import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/**
 * The task switch that a task gate in the IDT asks for (SDM vol. 3A, section 7.3), between 32-bit tasks. Task
 * switches by jumps, calls and IRET are the engine's own.
 */
final class TaskSwitch {
    private static final int TYPE_TSS_AVAILABLE = 9;
    private static final int BUSY = 1 << 9;
    private static final int MINIMUM_LIMIT = 0x67;
    private static final int LINK = 0;
    private static final int CR3 = 0x1c;
    private static final int EIP = 0x20;
    private static final int EFLAGS = 0x24;
    private static final int REGISTERS = 0x28;
    private static final int SEGMENTS = 0x48;
    private static final int LDT = 0x60;
    private static final long CR0_TS = 1 << 3;
    private static final long CR0_PG = 1L << 31;
    private static final int TYPE_LDT = 2;
    /** ES CS SS DS FS GS, which is the engine's order and the TSS's. */
    private static final int SEGMENT_COUNT = 6;

    private final Engine engine;
    private final CpuState state;
    private final LinearMemory memory;
    private final Segmentation segmentation;

    TaskSwitch(Engine engine, LinearMemory memory, Segmentation segmentation) {
        this.engine = engine;
        this.state = engine.state();
        this.memory = memory;
        this.segmentation = segmentation;
    }

    /** Switches to the task of a TSS selector, nested, with the error code on its stack. */
    void interrupt(int selector, Interruption interruption) throws CpuFault {
        int error = selector & 0xfffc | interruption.ext();
        if ((selector & 4) != 0) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, error);
        }
        Descriptor tss = segmentation.read(selector, Vector.GENERAL_PROTECTION, interruption.ext());
        if ((tss.high() & Descriptor.NOT_SYSTEM) != 0 || tss.type() != TYPE_TSS_AVAILABLE) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, error);
        }
        if (!tss.isPresent()) {
            throw new CpuFault(Vector.SEGMENT_NOT_PRESENT, error);
        }
        if (tss.limit() < MINIMUM_LIMIT) {
            throw new CpuFault(Vector.INVALID_TSS, error);
        }
        int oldSelector = state.taskSelector();
        saveTask(interruption);
        memory.writeTable(tss.base() + LINK, 2, oldSelector);
        memory.writeTable(state.gdtBase() + (selector & 0xfff8) + 4, 4, (tss.high() | BUSY) & 0xffff_ffffL);
        state.setTask(selector, tss.base(), tss.limit(), tss.high() | BUSY);
        loadTask(tss.base());
        if (interruption.hasErrorCode()) {
            Stack stack = new Stack(memory, state.segmentBase(CpuState.SS), state.register(CpuState.RSP),
                    (state.segmentFlags(CpuState.SS) & Descriptor.BIG) != 0 ? 0xffff_ffffL : 0xffff,
                    state.cpl() == 3);
            stack.push(4, interruption.errorCode());
            stack.storePointer(state, 0xffff_ffffL);
        }
    }

    private void saveTask(Interruption interruption) throws CpuFault {
        long base = state.taskBase();
        int flags = engine.rflags();
        memory.writeTable(base + EIP, 4, state.rip());
        memory.writeTable(base + EFLAGS, 4, interruption.kind() == Interruption.Kind.FAULT ? flags | CpuState.RF
                : flags & ~CpuState.RF);
        for (int i = 0; i < 8; i++) {
            memory.writeTable(base + REGISTERS + 4 * i, 4, state.register(i));
        }
        for (int i = 0; i < SEGMENT_COUNT; i++) {
            memory.writeTable(base + SEGMENTS + 4 * i, 2, state.selector(i));
        }
    }

    private void loadTask(long base) throws CpuFault {
        long cr3 = memory.readTable(base + CR3, 4);
        long eip = memory.readTable(base + EIP, 4);
        int flags = (int) memory.readTable(base + EFLAGS, 4);
        long[] registers = new long[8];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = memory.readTable(base + REGISTERS + 4 * i, 4);
        }
        int[] selectors = new int[SEGMENT_COUNT];
        for (int i = 0; i < SEGMENT_COUNT; i++) {
            selectors[i] = (int) memory.readTable(base + SEGMENTS + 4 * i, 2);
        }
        int ldt = (int) memory.readTable(base + LDT, 2);
        if ((state.control(0) & CR0_PG) != 0) {
            state.setControl(3, cr3);
            engine.flushTlb();
        }
        state.setControl(0, state.control(0) | CR0_TS);
        state.setHflags(state.hflags() | 1 << 11);
        engine.setRflags(flags | CpuState.NT | 2);
        state.setRip(eip);
        for (int i = 0; i < registers.length; i++) {
            state.setRegister(i, registers[i]);
        }
        loadLdt(ldt);
        boolean virtual8086 = (flags & CpuState.VM) != 0;
        int cpl = virtual8086 ? 3 : selectors[CpuState.CS] & 3;
        for (int i : new int[] {CpuState.CS, CpuState.SS, CpuState.ES, CpuState.DS, CpuState.FS, CpuState.GS}) {
            if (virtual8086) {
                segmentation.setReal(i, selectors[i], 3);
            } else {
                loadSegment(i, selectors[i], cpl);
            }
        }
    }

    private void loadLdt(int selector) throws CpuFault {
        if ((selector & 0xfffc) == 0) {
            state.setLdt(selector, 0, 0, 0);
            return;
        }
        Descriptor ldt = segmentation.read(selector, Vector.INVALID_TSS, 0);
        if ((selector & 4) != 0 || (ldt.high() & Descriptor.NOT_SYSTEM) != 0 || ldt.type() != TYPE_LDT
                || !ldt.isPresent()) {
            throw new CpuFault(Vector.INVALID_TSS, selector & 0xfffc);
        }
        state.setLdt(selector, ldt.base(), ldt.limit(), ldt.high());
    }

    private void loadSegment(int segment, int selector, int cpl) throws CpuFault {
        int error = selector & 0xfffc;
        boolean required = segment == CpuState.CS || segment == CpuState.SS;
        if (error == 0) {
            if (required) {
                throw new CpuFault(Vector.INVALID_TSS, 0);
            }
            segmentation.setNull(segment, selector);
            return;
        }
        Descriptor descriptor = segmentation.read(selector, Vector.INVALID_TSS, 0);
        boolean right = switch (segment) {
            case CpuState.CS -> descriptor.isCode()
                    && (descriptor.isConforming() ? descriptor.dpl() <= cpl : descriptor.dpl() == cpl);
            case CpuState.SS -> descriptor.isWritableData() && descriptor.dpl() == cpl && (selector & 3) == cpl;
            default -> (descriptor.high() & Descriptor.NOT_SYSTEM) != 0;
        };
        if (!right) {
            throw new CpuFault(Vector.INVALID_TSS, error);
        }
        if (!descriptor.isPresent()) {
            throw new CpuFault(segment == CpuState.SS ? Vector.STACK_FAULT : Vector.SEGMENT_NOT_PRESENT, error);
        }
        segmentation.markAccessed(selector, descriptor);
        segmentation.load(segment, selector, descriptor);
    }
}
