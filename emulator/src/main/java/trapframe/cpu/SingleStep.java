package trapframe.cpu;

import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.EngineCallbacks;

/**
 * Executes one instruction by setting TF under the guest's feet and hiding every trace of it: in pushed flags, in
 * DR6, after instructions that swallow the trap or replace TF, and in repeated string instructions, which the engine
 * ends one round earlier when TF is set.
 */
final class SingleStep {
    private static final long DR6_BS = 1 << 14;
    private static final long DR6_BREAKPOINTS = 0xf;
    private static final int ZF = 1 << 6;

    private final Cpu cpu;
    private final Engine engine;
    private final CpuState state;
    private final LinearMemory memory;
    private final ExitFollowUp followUp;
    private final EngineExits exits;
    private boolean guestTrap;
    private long dr6;

    SingleStep(Cpu cpu, ExitFollowUp followUp, EngineExits exits) {
        this.cpu = cpu;
        this.engine = cpu.engine();
        this.state = cpu.state();
        this.memory = cpu.memory();
        this.followUp = followUp;
        this.exits = exits;
    }

    /** One instruction, or one round of a repeated one, or its exception. */
    void step() {
        BlockCounter counter = engine.counter();
        Opcode opcode = Opcode.at(state, memory);
        long start = cpu.clock().position();
        cpu.tracing().steps(start);
        long rip = state.rip();
        long linear = state.linearRip();
        long rounds = rounds(opcode);
        dr6 = state.debug(6);
        guestTrap = (state.eflags() & CpuState.TF) != 0;

        state.setEflags(state.eflags() | CpuState.TF);
        state.setDebug(6, dr6 & ~DR6_BS);
        counter.setCount(start);
        counter.callAtNextBlock();
        exits.begin(true);
        cpu.turnEnd().leave(linear);
        Engine.Exit exit = engine.run(rip);

        boolean trapped = exit == Engine.Exit.STOPPED && exits.reason() == EngineExits.Reason.INTERRUPT
                && exits.vector() == Vector.DEBUG && (state.debug(6) & DR6_BS) != 0;
        boolean nextRefused = exit == Engine.Exit.REFUSED && counter.count() > start
                && cpu.translation().refusedAccess() == EngineCallbacks.Access.FETCH;
        boolean completed = trapped || nextRefused || exits.reason() == EngineExits.Reason.BLOCK;
        if (nextRefused) {
            cpu.translation().undoFetches(counter.count(), 0);
        }
        if (!completed || !opcode.loadsTrapFlag()) {
            setTrapFlag(guestTrap);
        }
        if (completed && opcode.isMoveFromDebugStatus()) {
            state.setRegister(opcode.rm(), dr6);
        }
        if (!trapped || !guestTrap) {
            restoreDebugStatus(opcode, dr6, completed);
        }
        if (!completed) {
            followUp.after(exit);
            return;
        }
        if (exits.reason() == EngineExits.Reason.BLOCK) {
            followUp.undoLookAhead(EngineExits.Reason.BLOCK);
        }
        state.forgetException();
        cpu.clock().moveTo(exits.reason() == EngineExits.Reason.BLOCK ? counter.countBeforeBlock()
                : counter.count());
        correctPushedFlags(opcode);
        if (!guestTrap) {
            repeatLastRound(opcode, rip, rounds);
        }
        cpu.turnEnd().arrive(linear, cpu.clock().position() - start, state.linearRip());
        cpu.reportBreakpoints(guestTrap && trapped);
    }

    /** Gives the guest's own TF and DR6 back, after registers from the middle of a step were restored. */
    void hideInRegisters() {
        setTrapFlag(guestTrap);
        state.setDebug(6, dr6);
    }

    private void setTrapFlag(boolean set) {
        state.setEflags(set ? state.eflags() | CpuState.TF : state.eflags() & ~CpuState.TF);
    }

    private void restoreDebugStatus(Opcode opcode, long before, boolean completed) {
        long now = state.debug(6);
        if (completed && opcode.isMoveToDebugStatus()) {
            long written = state.register(opcode.rm());
            long touched = DR6_BS | DR6_BREAKPOINTS;
            state.setDebug(6, now & ~touched | written & touched);
        } else if (completed) {
            state.setDebug(6, before);
        } else {
            state.setDebug(6, now & ~DR6_BS | before & DR6_BS);
        }
    }

    /** PUSHF shows TF as the guest has it, and never RF (SDM vol. 2B, "PUSHF"). */
    private void correctPushedFlags(Opcode opcode) {
        if (!opcode.isPushf()) {
            return;
        }
        long mask = state.is64Bit() ? -1
                : (state.hflags() & CpuState.HFLAGS_SS32) != 0 ? 0xffff_ffffL : 0xffff;
        long base = state.is64Bit() ? 0 : state.segmentBase(CpuState.SS);
        if (!guestTrap) {
            clearInMemory(base + (state.register(CpuState.RSP) + 1 & mask), CpuState.TF >> 8);
        }
        if (opcode.encoding().operandSize() != 2) {
            clearInMemory(base + (state.register(CpuState.RSP) + 2 & mask), CpuState.RF >> 16);
        }
    }

    private void clearInMemory(long linear, int bits) {
        int value = memory.look(linear);
        if ((value & bits) != 0) {
            memory.poke(linear, value & ~bits);
        }
    }

    /**
     * Without TF the engine goes back to the instruction after the last round and finds the count zero. That visit
     * counts as code bytes, so it has to happen here too.
     */
    private void repeatLastRound(Opcode opcode, long rip, long roundsBefore) {
        if (!opcode.isRepeatedString() || state.rip() == rip || roundsBefore == 0 || rounds(opcode) != 0) {
            return;
        }
        boolean zero = (engine.rflags() & ZF) != 0;
        boolean endedByFlag = opcode.isComparing() && zero == opcode.repeatsWhileNotZero();
        if (!endedByFlag) {
            state.setRip(rip);
        }
    }

    private long rounds(Opcode opcode) {
        int size = opcode.encoding().addressSize();
        long mask = size == 8 ? -1 : (1L << 8 * size) - 1;
        return state.register(CpuState.RCX) & mask;
    }
}
