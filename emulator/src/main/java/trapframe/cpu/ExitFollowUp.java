package trapframe.cpu;

import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.EngineCallbacks;

/**
 * What follows when the engine stops, by the {@link EngineExits.Reason}: the clock is set to the boundary where the guest
 * is, and what the engine left to do is done.
 */
final class ExitFollowUp {
    private static final long DR6_BS = 1 << 14;

    private final Cpu cpu;
    private final Clock clock;
    private final Engine engine;
    private final CpuState state;
    private final BlockCounter counter;
    private final LinearMemory memory;
    private final SystemTables tables;
    private final DataBreakpoints breakpoints;
    private final Translation translation;
    private final PrivilegedInstructions privileged;
    private final SystemCall systemCall;
    private final EngineExits exits;

    ExitFollowUp(Cpu cpu, EngineExits exits, SystemTables tables, PrivilegedInstructions privileged,
            SystemCall systemCall) {
        this.cpu = cpu;
        this.clock = cpu.clock();
        this.engine = cpu.engine();
        this.state = cpu.state();
        this.counter = engine.counter();
        this.memory = cpu.memory();
        this.breakpoints = cpu.breakpoints();
        this.translation = cpu.translation();
        this.tables = tables;
        this.privileged = privileged;
        this.systemCall = systemCall;
        this.exits = exits;
    }

    /** Does what has to follow; the clock ends at the boundary where the guest goes on. */
    void after(Engine.Exit exit) {
        EngineExits.Reason reason = exits.reason();
        if (reason == EngineExits.Reason.OBSERVED) {
            state.setLinearRip(exits.instruction());
        }
        if (exit == Engine.Exit.REFUSED && !exits.isCut() && translation.refusedAccess() == EngineCallbacks.Access.FETCH) {
            if (!exits.isStepping() && cpu.boundaryIsTaken(counter.count())) {
                translation.undoFetches(counter.count(), 0);
                clock.moveTo(counter.count());
                cpu.turnEnd().arrive(state.linearRip());
                state.forgetException();
                return;
            }
            translation.undoFetches(counter.count(), pageBehind(state.linearRip()));
        } else {
            undoLookAhead(reason);
        }
        if (exit == Engine.Exit.REFUSED) {
            finishRefused();
            return;
        }
        switch (reason) {
            case NONE -> {
                clock.moveTo(exits.positionHere());
                // A run that nobody stopped was ended by HLT; the shadow of an STI before it is over.
                cpu.halt();
                state.setHflags(state.hflags() & ~CpuState.HFLAGS_SHADOW);
            }
            case BLOCK -> {
                clock.moveTo(counter.countBeforeBlock());
                cpu.turnEnd().arrive(state.linearRip());
                cpu.stepIfLimitInside();
            }
            case OBSERVED -> {
                clock.moveTo(exits.positionHere());
                cpu.turnEnd().leave(state.linearRip());
            }
            case DEVICE -> {
                clock.moveTo(exits.positionHere());
                cpu.singleStep().step();
            }
            case CUT, CUT_BEFORE, CUT_DENIED -> finishCut();
            case INTERRUPT -> {
                clock.moveTo(isTrapOfGuest() ? counter.count() : exits.positionHere());
                finishInterrupt(exits.vector());
            }
            case INVALID -> {
                clock.moveTo(exits.positionHere());
                finishInvalid();
            }
            case INTERCEPT -> {
                clock.moveTo(exits.positionHere());
                finishIntercept(exits.vector() - CpuState.INTERCEPT);
            }
            case SYSCALL, SYSENTER -> {
                clock.moveTo(exits.positionHere());
                enterKernel(reason == EngineExits.Reason.SYSENTER);
            }
        }
    }

    /**
     * Whether the guest's own single step ended the block behind its one instruction. RIP does not tell: it may be back
     * at the instruction, between two rounds of a repeated one.
     */
    private boolean isTrapOfGuest() {
        return exits.vector() == Vector.DEBUG && (state.eflags() & CpuState.TF) != 0
                && (state.debug(6) & DR6_BS) != 0 && !breakpoints.stopsAt(state.linearRip());
    }

    /** The engine fetches a whole block before it runs it; what it did not reach was not fetched for the guest. */
    void undoLookAhead(EngineExits.Reason reason) {
        long rip = state.linearRip();
        if (reason == EngineExits.Reason.BLOCK) {
            translation.undoFetches(counter.countBeforeBlock(), 0);
        } else if (rip >= counter.blockStart() && rip < counter.blockEnd()
                && !(reason == EngineExits.Reason.INTERRUPT && isTrapOfGuest())) {
            translation.undoFetches(counter.countBeforeBlock(), pageBehind(rip));
        }
    }

    private static long pageBehind(long address) {
        return (address | GuestMemory.PAGE_SIZE - 1) + 1;
    }

    private void finishInvalid() {
        if (Opcode.at(state, memory).isInt1()) {
            state.setRip(state.rip() + 1);
            clock.moveTo(clock.position() + 1);
            cpu.deliver(Interruption.exception(Vector.DEBUG, Interruption.Kind.TRAP, 0, 0));
        } else {
            cpu.deliver(Interruption.exception(Vector.INVALID_OPCODE, Interruption.Kind.FAULT, 0, 0));
        }
    }

    private void finishIntercept(int code) {
        state.forgetException();
        long rip = state.rip();
        try {
            if (privileged.execute(code)) {
                clock.moveTo(clock.position() + state.rip() - rip);
                state.setHflags(state.hflags() & ~CpuState.HFLAGS_SHADOW);
                state.setEflags(state.eflags() & ~CpuState.RF);
                trapAfterInstruction();
                return;
            }
        } catch (CpuFault fault) {
            cpu.deliver(Interruption.fault(fault, 0));
            return;
        }
        state.setHflags(state.hflags() & ~CpuState.HFLAGS_GUEST);
        cpu.singleStep().step();
        state.setHflags(state.hflags() | CpuState.HFLAGS_GUEST);
        privileged.chooseIntercepts();
        translation.flush();
    }

    /** TF was set when an instruction began that did not run in the engine (SDM vol. 3B, section 17.3.1.4). */
    private void trapAfterInstruction() {
        if ((state.eflags() & CpuState.TF) != 0) {
            state.setDebug(6, state.debug(6) | DR6_BS);
            cpu.deliver(Interruption.exception(Vector.DEBUG, Interruption.Kind.TRAP, 0, 0));
        }
    }

    /** A port access raised something: the block was cut short, and ends right behind the access. */
    private void finishCut() {
        translation.endCut();
        state.restore(cpu.saved());
        engine.setRflags(exits.savedRflags());
        if (exits.isStepping()) {
            cpu.singleStep().hideInRegisters();
        }
        state.forgetException();
        switch (exits.reason()) {
            case CUT -> exits.finishPortAccess();
            case CUT_DENIED -> cpu.deliver(Interruption.exception(Vector.GENERAL_PROTECTION, Interruption.Kind.FAULT, 0, 0));
            default -> cpu.singleStep().step();
        }
    }

    private void finishRefused() {
        if (exits.isCut()) {
            finishCut();
            return;
        }
        boolean fetch = translation.refusedAccess() == EngineCallbacks.Access.FETCH;
        clock.moveTo(fetch ? counter.count() : exits.positionHere());
        state.forgetException();
        long address = engine.refusedAddress();
        if (translation.refusal() == Translation.Refusal.CODE_PAGE) {
            translation.allowCodeWrites();
            cpu.singleStep().step();
            translation.dropWrittenCode();
            return;
        }
        if (fetch && !exits.isStepping() && !isInPageOf(address, state.linearRip())) {
            // The translator looked ahead into a page that cannot be fetched; what comes before it still runs.
            cpu.stepUntil(clock.position() + GuestMemory.PAGE_SIZE
                    - (state.linearRip() & GuestMemory.PAGE_SIZE - 1));
            return;
        }
        if (!fetch && isImplicitAccess(address)) {
            translation.allowImplicit(Opcode.at(state, memory).isFarCall());
            cpu.singleStep().step();
            translation.endImplicit();
            return;
        }
        cpu.deliver(translation.refusal() == Translation.Refusal.PAGE_FAULT
                ? Interruption.exception(Vector.PAGE_FAULT, Interruption.Kind.FAULT,
                        translation.refusedErrorCode(), address)
                : Interruption.exception(fetch || !Opcode.at(state, memory).addressesStack()
                        ? Vector.GENERAL_PROTECTION : Vector.STACK_FAULT, Interruption.Kind.FAULT, 0, 0));
    }

    private static boolean isInPageOf(long address, long other) {
        return (address ^ other) >>> 12 == 0;
    }

    /** Ring 3 may read descriptor tables and its TSS with supervisor rights, but only by way of the CPU itself. */
    private boolean isImplicitAccess(long address) {
        return state.cpl() == 3 && !translation.isImplicitAllowed() && tables.contains(address)
                && Opcode.at(state, memory).readsSystemTables();
    }

    private void enterKernel(boolean sysenter) {
        cpu.counts().countSystemCall();
        state.setDebug(6, exits.instructionDebugStatus());
        try {
            if (sysenter) {
                systemCall.sysenter();
            } else {
                systemCall.syscall();
            }
            cpu.turnEnd().jump();
            if (cpu.tracing().isOn()) {
                cpu.tracing().witness().systemCall(cpu, clock.position());
            }
            trapAfterInstruction();
        } catch (CpuFault fault) {
            state.setRip(exits.instruction());
            clock.moveTo(exits.instructionPosition());
            cpu.deliver(Interruption.fault(fault, 0));
        }
    }

    /** An exception that the engine raised by itself, or INT n. */
    private void finishInterrupt(int vector) {
        int errorCode = state.errorCode();
        boolean software = state.isSoftwareInterrupt();
        state.forgetException();
        if (software) {
            cpu.counts().countSoftwareInterrupt();
            cpu.deliver(Interruption.software(vector, softwareInterruptRip(vector)));
        } else {
            cpu.deliver(Interruption.exception(vector, vector == Vector.DEBUG ? Interruption.Kind.TRAP
                    : Interruption.Kind.FAULT, errorCode, 0));
        }
    }

    /** INT n is two bytes long; INT3, INT1 and INTO are one. */
    private long softwareInterruptRip(int vector) {
        int last = memory.look(state.linearRip() - 1);
        boolean single = vector == Vector.BREAKPOINT && last == 0xcc || vector == Vector.OVERFLOW && last == 0xce
                || vector == Vector.DEBUG && last == 0xf1;
        return state.rip() - (single ? 1 : 2);
    }
}
