package trapframe.cpu;

import java.util.function.Consumer;
import trapframe.time.Clock;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/**
 * Delivery of interrupts and exceptions through the IDT or the real-mode vector table: SDM vol. 3A, chapter 6, and for
 * faults during delivery section 6.15 (double fault, table 6-5).
 */
final class InterruptDelivery {
    private static final int GATE_TASK = 5;
    private static final int GATE_INTERRUPT_16 = 6;
    private static final int GATE_TRAP_16 = 7;
    private static final int GATE_INTERRUPT = 14;
    private static final int GATE_TRAP = 15;
    /** Error-code bit: the index is into the IDT. */
    private static final int ERROR_IDT = 2;
    private static final long CR0_PE = 1;
    /** SS, RSP, RFLAGS, CS, RIP and an error code. */
    private static final long FRAME_BYTES = 48;

    private final Engine engine;
    private final CpuState state;
    private final LinearMemory memory;
    private final Segmentation segmentation;
    private final TaskSwitch taskSwitch;
    private final Clock clock;
    private final Consumer<DoubleFault> doubleFaults;

    /** @param doubleFaults hears of each double fault that got to its handler */
    InterruptDelivery(Engine engine, LinearMemory memory, Segmentation segmentation, Clock clock, Consumer<DoubleFault> doubleFaults) {
        this.engine = engine;
        this.state = engine.state();
        this.memory = memory;
        this.segmentation = segmentation;
        this.taskSwitch = new TaskSwitch(engine, memory, segmentation);
        this.clock = clock;
        this.doubleFaults = doubleFaults;
    }

    /**
     * Delivers, with RIP as the frame shall have it. A fault on the way is delivered in its place, or as a double
     * fault.
     *
     * @return false when a fault came up during the delivery of a double fault: the CPU shuts down
     */
    boolean deliver(Interruption interruption) {
        Interruption current = interruption;
        while (true) {
            if (current.vector() == Vector.PAGE_FAULT && current.hasErrorCode()) {
                state.setControl(2, current.address());
            }
            try {
                deliverOnce(current);
                return true;
            } catch (CpuFault fault) {
                // A second page fault overwrites CR2 even if it ends in a double fault (SDM vol. 3A, section 6.15,
                // interrupt 14).
                if (fault.vector() == Vector.PAGE_FAULT) {
                    state.setControl(2, fault.address());
                }
                if (current.vector() == Vector.DOUBLE_FAULT && current.kind() == Interruption.Kind.FAULT) {
                    return false;
                }
                if (current.kind() == Interruption.Kind.SOFTWARE) {
                    state.setRip(current.restartRip());
                }
                if (isDoubleFault(current, fault)) {
                    return deliverDoubleFault(current.vector(), fault.vector());
                }
                current = Interruption.fault(fault, current.ext());
            }
        }
    }

    private boolean deliverDoubleFault(int first, int second) {
        long rip = state.linearRip();
        long rsp = state.register(CpuState.RSP);
        boolean mapped = isMapped(rsp - 1) && isMapped((rsp & ~0xfL) - FRAME_BYTES);
        boolean delivered = deliver(Interruption.exception(Vector.DOUBLE_FAULT, Interruption.Kind.FAULT, 0, 0));
        if (delivered) {
            doubleFaults.accept(new DoubleFault(clock.position(), rip, rsp, mapped, first, second, state.control(2),
                    state.register(CpuState.RSP)));
        }
        return delivered;
    }

    private boolean isMapped(long pointer) {
        return memory.physical(state.is64Bit() ? pointer : state.segmentBase(CpuState.SS) + pointer & 0xffff_ffffL).isPresent();
    }

    /** SDM vol. 3A, table 6-5. */
    private static boolean isDoubleFault(Interruption first, CpuFault second) {
        if (first.kind() == Interruption.Kind.SOFTWARE || first.kind() == Interruption.Kind.EXTERNAL) {
            return false;
        }
        if (first.vector() == Vector.PAGE_FAULT) {
            return second.vector() == Vector.PAGE_FAULT || Vector.isContributory(second.vector());
        }
        return Vector.isContributory(first.vector()) && Vector.isContributory(second.vector());
    }

    private void deliverOnce(Interruption interruption) throws CpuFault {
        if ((state.control(0) & CR0_PE) == 0) {
            deliverReal(interruption);
        } else if (state.isLongMode()) {
            deliverLong(interruption);
        } else {
            deliverProtected(interruption);
        }
    }

    /** SDM vol. 3B, section 20.1.4. */
    private void deliverReal(Interruption interruption) throws CpuFault {
        long entry = 4L * interruption.vector();
        if (entry + 3 > (state.idtLimit() & 0xffff)) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, 0);
        }
        long handler = memory.readTable(state.idtBase() + entry, 4);
        Stack stack = new Stack(memory, state.segmentBase(CpuState.SS), state.register(CpuState.RSP), 0xffff, false);
        int flags = engine.rflags();
        stack.push(2, flags);
        stack.push(2, state.selector(CpuState.CS));
        stack.push(2, state.rip());
        stack.storePointer(state, 0xffff);
        engine.setRflags(flags & ~(CpuState.IF | CpuState.TF | CpuState.AC | CpuState.RF));
        int selector = (int) (handler >>> 16);
        state.setSegment(CpuState.CS, selector, (long) selector << 4, state.segmentLimit(CpuState.CS),
                state.segmentFlags(CpuState.CS));
        state.setRip(handler & 0xffff);
    }

    private void deliverLong(Interruption interruption) throws CpuFault {
        int ext = interruption.ext();
        int gateError = interruption.vector() << 3 | ERROR_IDT;
        long entry = 16L * interruption.vector();
        if (entry + 15 > (state.idtLimit() & 0xffff)) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, gateError | ext);
        }
        Descriptor gate = Descriptor.of(memory.readTable(state.idtBase() + entry, 8));
        long offsetHigh = memory.readTable(state.idtBase() + entry + 8, 4);
        if (gate.type() != GATE_INTERRUPT && gate.type() != GATE_TRAP || (gate.high() & Descriptor.NOT_SYSTEM) != 0) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, gateError | ext);
        }
        checkGate(interruption, gate, gateError | ext);
        int selector = gate.low() >>> 16;
        Descriptor code = readCode(selector, ext);
        if (!code.isLong() || code.isBig()) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, selector & 0xfffc | ext);
        }
        long handler = gate.low() & 0xffff | gate.high() & 0xffff_0000L | offsetHigh << 32;
        if (handler << 16 >> 16 != handler) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, ext);
        }
        int cpl = state.cpl();
        int newCpl = code.isConforming() ? cpl : code.dpl();
        boolean inner = newCpl < cpl;
        int ist = gate.high() & 7;
        long rsp = state.register(CpuState.RSP);
        if (ist != 0) {
            rsp = readStackPointer64(28 + 8 * ist, ext);
        } else if (inner) {
            rsp = readStackPointer64(4 + 8 * newCpl, ext);
        }
        rsp &= ~0xfL;
        if (rsp << 16 >> 16 != rsp) {
            throw new CpuFault(Vector.STACK_FAULT, ext);
        }
        Stack stack = new Stack(memory, 0, rsp, -1, newCpl == 3);
        int flags = engine.rflags();
        stack.push(8, state.selector(CpuState.SS));
        stack.push(8, state.register(CpuState.RSP));
        stack.push(8, frameFlags(interruption, flags));
        stack.push(8, state.selector(CpuState.CS));
        stack.push(8, state.rip());
        if (interruption.hasErrorCode()) {
            stack.push(8, interruption.errorCode());
        }
        segmentation.markAccessed(selector, code);
        engine.setRflags(handlerFlags(gate, flags));
        if (inner) {
            segmentation.setNull(CpuState.SS, newCpl);
        }
        state.setRegister(CpuState.RSP, stack.pointer());
        segmentation.load(CpuState.CS, selector & ~3 | newCpl, code);
        state.setRip(handler);
    }

    private void deliverProtected(Interruption interruption) throws CpuFault {
        int ext = interruption.ext();
        int gateError = interruption.vector() << 3 | ERROR_IDT;
        long entry = 8L * interruption.vector();
        if (entry + 7 > (state.idtLimit() & 0xffff)) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, gateError | ext);
        }
        Descriptor gate = Descriptor.of(memory.readTable(state.idtBase() + entry, 8));
        boolean known = switch (gate.type()) {
            case GATE_TASK, GATE_INTERRUPT_16, GATE_TRAP_16, GATE_INTERRUPT, GATE_TRAP ->
                    (gate.high() & Descriptor.NOT_SYSTEM) == 0;
            default -> false;
        };
        if (!known) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, gateError | ext);
        }
        checkGate(interruption, gate, gateError | ext);
        int selector = gate.low() >>> 16;
        if (gate.type() == GATE_TASK) {
            taskSwitch.interrupt(selector, interruption);
            return;
        }
        boolean wide = gate.type() >= GATE_INTERRUPT;
        long offset = wide ? gate.low() & 0xffffL | gate.high() & 0xffff_0000L : gate.low() & 0xffffL;
        Descriptor code = readCode(selector, ext);
        int flags = engine.rflags();
        boolean virtual8086 = (flags & CpuState.VM) != 0;
        int cpl = state.cpl();
        if (virtual8086 && (code.isConforming() || code.dpl() != 0)) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, selector & 0xfffc | ext);
        }
        int newCpl = code.isConforming() ? cpl : code.dpl();
        boolean inner = newCpl < cpl;
        int width = wide ? 4 : 2;
        Descriptor newStack = null;
        int newStackSelector = 0;
        Stack stack;
        if (inner) {
            long[] pointer = readStackPointer32(newCpl, ext);
            newStackSelector = (int) pointer[0];
            newStack = readStack(newStackSelector, newCpl, ext);
            stack = new Stack(memory, newStack.base(), pointer[1], newStack.isBig() ? 0xffff_ffffL : 0xffff,
                    newCpl == 3);
            int needed = width * (5 + (virtual8086 ? 4 : 0) + (interruption.hasErrorCode() ? 1 : 0));
            checkStackLimit(newStack, pointer[1], needed, newStackSelector & 0xfffc | ext);
            if (virtual8086) {
                for (int segment : new int[] {CpuState.GS, CpuState.FS, CpuState.DS, CpuState.ES}) {
                    stack.push(width, state.selector(segment));
                }
            }
            stack.push(width, state.selector(CpuState.SS));
            stack.push(width, state.register(CpuState.RSP));
        } else {
            boolean big = (state.segmentFlags(CpuState.SS) & Descriptor.BIG) != 0;
            stack = new Stack(memory, state.segmentBase(CpuState.SS), state.register(CpuState.RSP),
                    big ? 0xffff_ffffL : 0xffff, cpl == 3);
            Descriptor current = new Descriptor(0, state.segmentFlags(CpuState.SS));
            checkStackLimit(current, state.segmentLimit(CpuState.SS), state.register(CpuState.RSP),
                    width * (3 + (interruption.hasErrorCode() ? 1 : 0)), ext);
        }
        stack.push(width, frameFlags(interruption, flags));
        stack.push(width, state.selector(CpuState.CS));
        stack.push(width, state.rip());
        if (interruption.hasErrorCode()) {
            stack.push(width, interruption.errorCode());
        }
        segmentation.markAccessed(selector, code);
        engine.setRflags(handlerFlags(gate, flags));
        if (virtual8086) {
            for (int segment : new int[] {CpuState.ES, CpuState.DS, CpuState.FS, CpuState.GS}) {
                segmentation.setNull(segment, 0);
            }
        }
        if (inner) {
            segmentation.markAccessed(newStackSelector, newStack);
            segmentation.load(CpuState.SS, newStackSelector, newStack);
        }
        stack.storePointer(state, (state.segmentFlags(CpuState.SS) & Descriptor.BIG) != 0 ? 0xffff_ffffL : 0xffff);
        segmentation.load(CpuState.CS, selector & ~3 | newCpl, code);
        state.setRip(offset);
    }

    private void checkGate(Interruption interruption, Descriptor gate, int errorCode) throws CpuFault {
        if (interruption.kind() == Interruption.Kind.SOFTWARE && gate.dpl() < state.cpl()) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, errorCode);
        }
        if (!gate.isPresent()) {
            throw new CpuFault(Vector.SEGMENT_NOT_PRESENT, errorCode);
        }
    }

    private Descriptor readCode(int selector, int ext) throws CpuFault {
        if ((selector & 0xfffc) == 0) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, ext);
        }
        Descriptor code = segmentation.read(selector, Vector.GENERAL_PROTECTION, ext);
        if (!code.isCode() || code.dpl() > state.cpl()) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, selector & 0xfffc | ext);
        }
        if (!code.isPresent()) {
            throw new CpuFault(Vector.SEGMENT_NOT_PRESENT, selector & 0xfffc | ext);
        }
        return code;
    }

    private Descriptor readStack(int selector, int cpl, int ext) throws CpuFault {
        int error = selector & 0xfffc | ext;
        if ((selector & 0xfffc) == 0) {
            throw new CpuFault(Vector.INVALID_TSS, ext);
        }
        Descriptor stack = segmentation.read(selector, Vector.INVALID_TSS, ext);
        if ((selector & 3) != cpl || stack.dpl() != cpl || !stack.isWritableData()) {
            throw new CpuFault(Vector.INVALID_TSS, error);
        }
        if (!stack.isPresent()) {
            throw new CpuFault(Vector.STACK_FAULT, error);
        }
        return stack;
    }

    private long readStackPointer64(int offset, int ext) throws CpuFault {
        if (offset + 7 > state.taskLimit()) {
            throw new CpuFault(Vector.INVALID_TSS, state.taskSelector() & 0xfffc | ext);
        }
        return memory.readTable(state.taskBase() + offset, 8);
    }

    /** SS and ESP of a privilege level, from a 32-bit or 16-bit TSS. */
    private long[] readStackPointer32(int level, int ext) throws CpuFault {
        boolean wide = (state.taskFlags() >>> 8 & 8) != 0;
        int width = wide ? 4 : 2;
        int offset = wide ? 4 + 8 * level : 2 + 4 * level;
        if (offset + 2 * width - 1 > state.taskLimit()) {
            throw new CpuFault(Vector.INVALID_TSS, state.taskSelector() & 0xfffc | ext);
        }
        return new long[] {memory.readTable(state.taskBase() + offset + width, 2),
                memory.readTable(state.taskBase() + offset, width)};
    }

    private static void checkStackLimit(Descriptor stack, long pointer, int needed, int errorCode) throws CpuFault {
        checkStackLimit(stack, stack.limit(), pointer, needed, errorCode);
    }

    private static void checkStackLimit(Descriptor stack, long limit, long pointer, int needed, int errorCode)
            throws CpuFault {
        long mask = stack.isBig() ? 0xffff_ffffL : 0xffff;
        long lowest = (pointer & mask) - needed & mask;
        long highest = (pointer & mask) - 1 & mask;
        boolean expandDown = (stack.high() & Descriptor.CONFORMING) != 0;
        boolean fits = expandDown ? lowest > limit && highest <= mask && lowest <= highest
                : highest <= limit && lowest <= highest;
        if (!fits) {
            throw new CpuFault(Vector.STACK_FAULT, errorCode);
        }
    }

    /**
     * A fault's frame has RF set, so that an instruction breakpoint does not hit again on return (SDM vol. 3B, section
     * 17.3.1.1); those of #DB and of the abort #DF do not.
     */
    private static int frameFlags(Interruption interruption, int flags) {
        boolean set = interruption.kind() == Interruption.Kind.FAULT
                && interruption.vector() != Vector.DOUBLE_FAULT;
        return set ? flags | CpuState.RF : flags & ~CpuState.RF;
    }

    private static int handlerFlags(Descriptor gate, int flags) {
        int cleared = CpuState.TF | CpuState.NT | CpuState.RF | CpuState.VM;
        if (gate.type() == GATE_INTERRUPT || gate.type() == GATE_INTERRUPT_16) {
            cleared |= CpuState.IF;
        }
        return flags & ~cleared;
    }
}
