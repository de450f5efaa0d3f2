package trapframe.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntSupplier;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/**
 * One x86-64 CPU.
 *
 * <p>{@link #run} executes until a position, exactly: the position of an instruction boundary is the number of code
 * bytes executed before it, plus the positions skipped while halted, and it does not depend on how the code was cut
 * into blocks, on single steps or on who looks. In between the CPU delivers exceptions, takes interrupts at the first
 * boundary that allows them, and calls devices with the clock at the instruction's start.
 */
public final class Cpu implements AutoCloseable {
    /** Why {@link #run} returned. */
    public enum Stop {
        /** The position was reached, or an event is due. */
        POSITION,
        /** HLT: nothing happens before the next interrupt. */
        HALTED,
        /** A fault came up during the delivery of a double fault. */
        SHUTDOWN,
        /** {@link #requestStop} was called. */
        REQUESTED
    }

    private static final long DR7_GD = 1 << 13;

    private final Clock clock;
    private final EventQueue events;
    private final IntSupplier acknowledge;
    private final Engine engine;
    private final CpuState state;
    private final BlockCounter counter;
    private final LinearMemory memory;
    private final Segmentation segmentation;
    private final DataBreakpoints breakpoints;
    private final Translation translation;
    private final PrivilegedInstructions privileged;
    private final PortPermission portPermission;
    private final InterruptDelivery delivery;
    private final EngineExits exits;
    private final ExitFollowUp followUp;
    private final SingleStep singleStep;
    private final Counts counts = new Counts();
    private final MemorySegment saved = Arena.ofAuto().allocate(CpuState.savedBytes(), 16);

    private boolean interruptLine;
    private boolean nmiPending;
    private boolean halted;
    private boolean shutDown;
    private volatile boolean stopRequested;
    private long target;
    /** Up to this position the CPU runs in single steps. */
    private long stepUntil;

    /** What happened since power-on; deterministic. */
    public static final class Counts {
        private final long[] exceptions = new long[32];
        private long interrupts;
        private long softwareInterrupts;
        private long systemCalls;
        private long halts;

        /** Exceptions delivered, by vector. */
        public long exceptions(int vector) {
            return exceptions[vector];
        }

        /** Interrupts taken from the interrupt controller. */
        public long interrupts() {
            return interrupts;
        }

        /** INT n, INT3 and INTO. */
        public long softwareInterrupts() {
            return softwareInterrupts;
        }

        /** SYSCALL and SYSENTER. */
        public long systemCalls() {
            return systemCalls;
        }

        public long halts() {
            return halts;
        }

        void countSystemCall() {
            systemCalls++;
        }

        void countSoftwareInterrupt() {
            softwareInterrupts++;
        }
    }

    /**
     * @param acknowledge the interrupt-acknowledge cycle of the interrupt controller: returns the vector
     */
    public Cpu(GuestMemory ram, PortBus ports, MmioBus mmio, EventQueue events, IntSupplier acknowledge) {
        this.events = events;
        this.clock = events.clock();
        this.acknowledge = acknowledge;
        exits = new EngineExits(this, ports, mmio);
        engine = new Engine(exits);
        engine.setFeatures(CpuidTable.LEAF1_EDX, CpuidTable.LEAF1_ECX, CpuidTable.LEAF7_EBX, CpuidTable.EXTENDED_EDX,
                CpuidTable.EXTENDED_ECX);
        state = engine.state();
        counter = engine.counter();
        PageWalker walker = new PageWalker(ram, state);
        memory = new LinearMemory(ram, walker);
        segmentation = new Segmentation(state, memory);
        SystemTables tables = new SystemTables(state);
        breakpoints = new DataBreakpoints(state, ram);
        translation = new Translation(engine, ram, walker, tables, breakpoints);
        delivery = new InterruptDelivery(engine, memory, segmentation);
        privileged = new PrivilegedInstructions(engine, memory, clock);
        portPermission = new PortPermission(state, memory);
        followUp = new ExitFollowUp(this, exits, tables, privileged, new SystemCall(engine, segmentation));
        singleStep = new SingleStep(this, followUp, exits);
        ram.onHostWrite(translation::hostWrote);
    }

    /** Puts the CPU into the state in which a boot protocol hands it over. */
    public void reset(EntryState entry) {
        CpuReset.apply(entry, engine, segmentation);
        privileged.reset();
        interruptLine = false;
        nmiPending = false;
        halted = false;
        shutDown = false;
        stepUntil = 0;
        engine.flushCode();
        translation.flush();
    }

    /** The INTR pin. */
    public InterruptLine interruptLine() {
        return level -> interruptLine = level;
    }

    /** The NMI pin's edge. */
    public void raiseNmi() {
        nmiPending = true;
    }

    /** Makes {@link #run} return at the next instruction boundary; also from another thread, at the next look. */
    public void requestStop() {
        stopRequested = true;
    }

    /** The A20 line: when off, bit 20 of every physical address is zero. */
    public void setA20(boolean enabled) {
        translation.setA20(enabled);
    }

    /**
     * Executes up to a position, or to the next event if that is earlier.
     *
     * @param newTarget the first instruction boundary at or after this position ends the run
     */
    public Stop run(long newTarget) {
        target = newTarget;
        while (true) {
            if (stopRequested) {
                stopRequested = false;
                return Stop.REQUESTED;
            }
            if (shutDown) {
                return Stop.SHUTDOWN;
            }
            if (clock.position() >= limit()) {
                return Stop.POSITION;
            }
            if (takeInterrupt()) {
                continue;
            }
            if (halted) {
                return Stop.HALTED;
            }
            if (mustStep()) {
                singleStep.step();
            } else {
                runBlocks();
            }
        }
    }

    /** Executes one instruction, or takes one interrupt, so that nothing in the guest can tell. */
    public Stop step() {
        return run(clock.position() + 1);
    }

    /** Whether a stop or an interrupt comes first at the boundary at a position, before what the next instruction does. */
    boolean boundaryIsTaken(long position) {
        return position >= limit() || wantsInterrupt();
    }

    private long limit() {
        return Math.min(target, events.nextDeadline());
    }

    /** Whether the next boundary has to be looked at, rather than the next block's. */
    private boolean mustStep() {
        return clock.position() < stepUntil || wantsInterrupt() || nmiPending || breakpoints.hasHits();
    }

    private boolean wantsInterrupt() {
        return nmiPending && (state.hflags2() & CpuState.HFLAGS2_NMI) == 0
                || interruptLine && (state.eflags() & CpuState.IF) != 0;
    }

    private boolean inShadow() {
        return (state.hflags() & CpuState.HFLAGS_SHADOW) != 0;
    }

    private boolean takeInterrupt() {
        if (!wantsInterrupt() || inShadow()) {
            return false;
        }
        halted = false;
        if (nmiPending && (state.hflags2() & CpuState.HFLAGS2_NMI) == 0) {
            nmiPending = false;
            state.setHflags2(state.hflags2() | CpuState.HFLAGS2_NMI);
            deliver(Interruption.external(Vector.NMI));
        } else {
            counts.interrupts++;
            deliver(Interruption.external(acknowledge.getAsInt()));
        }
        return true;
    }

    /** Runs freely, a block at a time, until something asks for the CPU's attention. */
    private void runBlocks() {
        counter.setCount(clock.position());
        setCounterLimit();
        exits.begin(false);
        Engine.Exit exit = engine.run(state.rip());
        followUp.after(exit);
    }

    /** Tells the counter when to call: at the limit, and while an interrupt waits for IF, when IF is set. */
    void setCounterLimit() {
        if (interruptLine) {
            counter.callWhenInterruptible(limit());
        } else {
            counter.callPast(limit());
        }
    }

    /** Whether the boundary after the running instruction has to be looked at, rather than the next block's. */
    boolean needsAttentionNow() {
        return stopRequested || wantsInterrupt() || limit() < counter.count() || translation.takeCodeDropped();
    }

    void deliver(Interruption interruption) {
        if (interruption.vector() < counts.exceptions.length
                && (interruption.kind() == Interruption.Kind.FAULT || interruption.kind() == Interruption.Kind.TRAP)) {
            counts.exceptions[interruption.vector()]++;
        }
        state.setHflags(state.hflags() & ~CpuState.HFLAGS_SHADOW);
        if (interruption.vector() == Vector.DEBUG && (state.debug(7) & DR7_GD) != 0) {
            state.setDebug(7, state.debug(7) & ~DR7_GD);
            privileged.chooseIntercepts();
        }
        shutDown = !delivery.deliver(interruption);
    }

    /** Reports the data breakpoints that an instruction hit, behind it, or behind the next one after a load of SS. */
    void reportBreakpoints(boolean singleStepTrap) {
        boolean report = breakpoints.hasHits() && !inShadow();
        if (report) {
            state.setDebug(6, state.debug(6) & ~0xfL | breakpoints.takeHits());
        }
        if (report || singleStepTrap) {
            deliver(Interruption.exception(Vector.DEBUG, Interruption.Kind.TRAP, 0, 0));
        }
    }

    void halt() {
        halted = true;
        counts.halts++;
    }

    /** Runs in single steps up to a position. */
    void stepUntil(long position) {
        stepUntil = position;
    }

    /** At the start of a block: if the limit lies inside it, the CPU goes there in single steps. */
    void stepIfLimitInside() {
        if (counter.count() > limit()) {
            stepUntil = limit();
        }
    }

    SingleStep singleStep() {
        return singleStep;
    }

    Engine engine() {
        return engine;
    }

    Translation translation() {
        return translation;
    }

    DataBreakpoints breakpoints() {
        return breakpoints;
    }

    PortPermission portPermission() {
        return portPermission;
    }

    /** The time-stamp counter at the clock's position. */
    long timeStamp() {
        return privileged.timeStamp();
    }

    LinearMemory memory() {
        return memory;
    }

    Clock clock() {
        return clock;
    }

    /** Registers put aside where a port access cut its block short. */
    MemorySegment saved() {
        return saved;
    }

    /** The CPU's registers. Change them only while the CPU does not run. */
    public CpuState state() {
        return state;
    }

    /** RFLAGS, with every flag current. */
    public int rflags() {
        return engine.rflags();
    }

    /** The architectural state in plain values. */
    public CpuSnapshot snapshot() {
        return CpuSnapshot.of(engine, privileged, nmiPending, interruptLine, halted);
    }

    public Counts counts() {
        return counts;
    }

    /** TLB misses answered since power-on. */
    public long tlbFills() {
        return translation.fills();
    }

    @Override
    public void close() {
        engine.close();
    }
}
