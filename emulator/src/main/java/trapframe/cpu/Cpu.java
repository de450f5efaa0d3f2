package trapframe.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import trapframe.bus.LocalInterrupts;
import trapframe.bus.ProcessorPins;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.VectorRegisters;

/**
 * One x86-64 CPU of those on a {@link SystemBus}. They share one clock and take turns: only one runs at a time.
 *
 * <p>{@link #run} executes until a position, exactly: the position of an instruction boundary is the number of code
 * bytes that all CPUs executed before it, plus the positions skipped while all were halted, and it does not depend on how
 * the code was cut into blocks, on single steps or on who looks. In between the CPU delivers exceptions, takes interrupts at the first
 * boundary that allows them, and calls devices with the clock at the instruction's start.
 */
public final class Cpu implements AutoCloseable {
    /** Why {@link #run} returned. */
    public enum Stop {
        /** The position was reached, an event is due, or the turn is over. */
        POSITION,
        /** Nothing happens before something comes from outside: an interrupt, or a start-up message. */
        HALTED,
        /** A fault came up during the delivery of a double fault. */
        SHUTDOWN,
        /** An INIT reached the bootstrap processor, which starts its firmware then; there is none. */
        INIT,
        /** {@link SystemBus#requestStop} was called. */
        REQUESTED,
        /** The next instruction is one that an {@link Observation} names. */
        BREAKPOINT,
        /** An access happened that an {@link Observation} watches for. */
        WATCHPOINT,
        /** An interrupt or exception was delivered, and an {@link Observation} wants to know. */
        DELIVERED,
        /** The CPU is back where {@link #awaitReturn} was called. */
        RETURNED
    }

    private static final long DR7_GD = 1 << 13;
    /** In bytes (SDM vol. 2A, section 2.3.11). A limit that is no further away lies in the next block, or at its end. */
    private static final int LONGEST_INSTRUCTION = 15;

    private final SystemBus bus;
    private final int number;
    private final Clock clock;
    private final EventQueue events;
    private final LocalInterrupts interrupts;
    private final Observer observer;
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
    private final Tracing tracing;
    private final ReturnWatch returns;
    private final Pins pins;
    private final TurnEnd turnEnd = new TurnEnd();
    private final CpuCounts counts = new CpuCounts();
    private final MemorySegment saved = Arena.ofAuto().allocate(CpuState.savedBytes(), 16);

    private long target;
    /** Up to this position the CPU runs in single steps. */
    private long stepUntil;

    /**
     * @param interrupts the CPU's own interrupt controller
     */
    public Cpu(SystemBus bus, LocalInterrupts interrupts) {
        this.bus = bus;
        this.number = bus.attach(this);
        this.events = bus.events();
        this.clock = events.clock();
        this.interrupts = interrupts;
        observer = bus.observer();
        exits = new EngineExits(this, bus, interrupts);
        engine = new Engine(exits);
        engine.setFeatures(CpuidTable.LEAF1_EDX, CpuidTable.LEAF1_ECX, CpuidTable.LEAF7_EBX, CpuidTable.EXTENDED_EDX,
                CpuidTable.EXTENDED_ECX);
        state = engine.state();
        counter = engine.counter();
        pins = new Pins(state);
        PageWalker walker = new PageWalker(bus.ram(), state);
        memory = new LinearMemory(bus.ram(), walker);
        segmentation = new Segmentation(state, memory);
        SystemTables tables = new SystemTables(state);
        breakpoints = new DataBreakpoints(state);
        translation = new Translation(engine, bus, walker, tables, breakpoints, interrupts);
        delivery = new InterruptDelivery(engine, memory, segmentation, clock, counts::noteDoubleFault);
        privileged = new PrivilegedInstructions(engine, memory, clock, interrupts);
        portPermission = new PortPermission(state, memory);
        followUp = new ExitFollowUp(this, exits, tables, privileged, new SystemCall(engine, segmentation));
        singleStep = new SingleStep(this, followUp, exits);
        tracing = new Tracing(this);
        returns = new ReturnWatch(state, counter);
    }

    /** EAX of CPUID's leaf 1. */
    public static int signature() {
        return CpuidTable.SIGNATURE;
    }

    /** EDX of CPUID's leaf 1 for a CPU with its local APIC on. */
    public static int features() {
        return CpuidTable.LEAF1_EDX | CpuidTable.APIC;
    }

    /** Puts the CPU into the state in which a boot protocol hands it over. */
    public void reset(EntryState entry) {
        CpuReset.apply(entry, engine, segmentation);
        reset(Activity.ACTIVE);
    }

    /** Puts the CPU into the state after power-on, in which it waits for a start-up message. */
    public void resetToWait() {
        CpuReset.powerOn(engine, segmentation);
        reset(Activity.WAIT_FOR_SIPI);
    }

    private void reset(Activity activity) {
        privileged.reset();
        pins.reset(activity);
        stepUntil = 0;
        engine.flushCode();
        translation.flush();
    }

    /** What the CPU is, between two runs. */
    public CpuImage image() {
        return new CpuImage(engine.save(), pins.state(), turnEnd.state(), privileged.timeStampOffset(),
                privileged.memoryTypes().state(), breakpoints.hits(), translation.isA20Enabled(), counts.state());
    }

    /**
     * Makes the CPU what it was, or another one was, when the image was made, but for the TLB; between two runs, after RAM and devices.
     *
     * @return whether what the TLB has can be right, as far as page tables go
     */
    boolean restore(CpuImage image) {
        boolean sameRegisters = engine.restore(image.registers());
        pins.restore(image.pins());
        turnEnd.restore(image.turnEnd());
        privileged.setTimeStampOffset(image.timeStampOffset());
        privileged.memoryTypes().restore(image.memoryTypes());
        breakpoints.setHits(image.breakpointHits());
        counts.restore(image.counts());
        stepUntil = 0;
        returns.disarm();
        tracing.restored();
        return translation.restored(image.a20Enabled()) && sameRegisters;
    }

    /**
     * From now on {@link #run} ends with {@link Stop#RETURNED} where the CPU is back here from the next interrupt or exception that is delivered
     * to it: at the instruction that is next now, with the same stack pointer and page tables. That happens once.
     */
    public void awaitReturn() {
        returns.arm();
    }

    /** Ends {@link #awaitReturn}. */
    public void forgetReturn() {
        returns.disarm();
    }

    /** Of the interrupt or exception that the CPU came back from last, as {@link #awaitReturn} waited for it. */
    public StackUse stackUse() {
        return returns.stackUse();
    }

    /** What the board does to this CPU. */
    public ProcessorPins pins() {
        return pins;
    }

    /** @param listener hears when something comes that the CPU waited for: it can run again */
    public void onWake(Runnable listener) {
        pins.onWake(listener);
    }

    /** Whether the CPU has anything to do at its next boundary; one that waits takes no turn. */
    public boolean canRun() {
        return pins.canRun();
    }

    /** What the CPU does at its boundaries. */
    public Activity activity() {
        return pins.activity();
    }

    /** Whether the CPU's interrupt controller requests an interrupt, which the CPU takes when its flags allow it. */
    public boolean isInterruptRequested() {
        return pins.interruptLevel();
    }

    /** Whether the CPU would take an interrupt at the boundary where it is, if one were requested. */
    public boolean acceptsInterrupts() {
        return (state.eflags() & CpuState.IF) != 0 && !inShadow() && pins.activity() != Activity.SHUTDOWN
                && pins.activity() != Activity.WAIT_FOR_SIPI;
    }

    /** Whether an interrupt could end the wait that the CPU is in. */
    public boolean interruptCanWake() {
        return pins.interruptCanWake();
    }

    /**
     * Says where this CPU's turn ends; {@link #run} returns there. Also allowed while it runs, from what its own
     * instructions call.
     *
     * @param position the turn ends at the first boundary at or after this position that was reached by a jump
     * @param latest   and at the latest at the first boundary at or after this one
     */
    public void endTurn(long position, long latest) {
        turnEnd.set(position, latest);
    }

    public boolean turnIsOver() {
        return turnEnd.isReached(clock.position());
    }

    /**
     * Executes up to a position, or to the next event if that is earlier.
     *
     * @param newTarget the first instruction boundary at or after this position ends the run
     */
    public Stop run(long newTarget) {
        target = newTarget;
        long start = clock.position();
        Stop stop = runToStop();
        counts.countCodeBytes(clock.position() - start);
        return stop;
    }

    private Stop runToStop() {
        while (true) {
            // Once, and before what the observer wanted of the same delivery: this CPU gets no other turn.
            if (pins.activity() == Activity.SHUTDOWN) {
                return Stop.SHUTDOWN;
            }
            if (observer.hasHit()) {
                return Stop.WATCHPOINT;
            }
            if (observer.takeDelivered()) {
                return Stop.DELIVERED;
            }
            if (bus.isStopRequested()) {
                return Stop.REQUESTED;
            }
            if (clock.position() >= limit() || turnIsOver()) {
                return Stop.POSITION;
            }
            if (returns.isBack(state.linearRip())) {
                returns.end();
                return Stop.RETURNED;
            }
            if (pins.hasInit() && number == 0) {
                return Stop.INIT;
            }
            if (takeSignal()) {
                continue;
            }
            if (pins.activity() != Activity.ACTIVE) {
                return Stop.HALTED;
            }
            boolean wanted = observer.isWanted(state.linearRip());
            if (wanted && isObserved(state.linearRip())) {
                return Stop.BREAKPOINT;
            }
            if (wanted || mustStep()) {
                singleStep.step();
            } else {
                runBlocks();
            }
        }
    }

    /** Whether the run stops before the instruction at an address, which is next. */
    boolean isObserved(long linear) {
        return observer.isWanted(linear) && !observer.isPassed(number, clock.position(), linear);
    }

    /** Executes one instruction, or takes one interrupt, so that nothing in the guest can tell. */
    public Stop step() {
        return run(clock.position() + 1);
    }

    /** Whether a stop or an interrupt comes first at the boundary at a position, before what the next instruction does. */
    boolean boundaryIsTaken(long position) {
        return position >= limit() || turnEnd.isReached(position, state.linearRip()) || pins.wantsInterrupt();
    }

    private long limit() {
        return Math.min(Math.min(target, turnEnd.latest()), events.nextDeadline());
    }

    /** Whether the next boundary has to be looked at, rather than the next block's. */
    private boolean mustStep() {
        return clock.position() < stepUntil || limit() - clock.position() <= LONGEST_INSTRUCTION || pins.wantsInterrupt() || pins.nmiPending()
                || breakpoints.hasHits();
    }

    private boolean inShadow() {
        return (state.hflags() & CpuState.HFLAGS_SHADOW) != 0;
    }

    /** Takes what came from outside, the most urgent first (SDM vol. 3A, table 6-2). */
    private boolean takeSignal() {
        if (pins.hasInit()) {
            pins.takeInit();
            CpuReset.init(engine, segmentation);
            privileged.init();
            breakpoints.takeHits();
            stepUntil = 0;
            translation.flush();
            return true;
        }
        if (pins.hasStartup()) {
            CpuReset.startup(pins.takeStartup(), state, segmentation);
            turnEnd.jump();
            return true;
        }
        if (!pins.wantsInterrupt() || inShadow()) {
            return false;
        }
        pins.setActivity(Activity.ACTIVE);
        if (pins.wantsNmi()) {
            pins.takeNmi();
            deliver(Interruption.external(Vector.NMI));
        } else {
            counts.countInterrupt();
            deliver(Interruption.external(interrupts.acknowledge()));
        }
        return true;
    }

    /** Runs freely, a block at a time, until something asks for the CPU's attention. */
    private void runBlocks() {
        counter.setCount(clock.position());
        setCounterLimit();
        exits.begin(false);
        turnEnd.leave(state.linearRip());
        Engine.Exit exit = engine.run(state.rip());
        tracing.stopped();
        followUp.after(exit);
    }

    /** Tells the counter when to call: at the limit, and while an interrupt waits for IF, when IF is set. */
    private void setCounterLimit() {
        long limit = Math.min(limit(), turnEnd.lastUnseen());
        if (tracing.needsEveryBlock()) {
            counter.callAtNextBlock();
        } else if (pins.interruptLevel()) {
            counter.callWhenInterruptible(limit);
        } else {
            counter.callPast(limit);
        }
    }

    /** At the start of a block that the counter reported: whether there is no reason to stop before it. It runs then. */
    boolean goesOn() {
        if (counter.count() > limit() || pins.wantsInterrupt()
                || turnEnd.isReached(counter.countBeforeBlock(), counter.blockStart()) || returns.isBack(counter.blockStart())) {
            return false;
        }
        turnEnd.see(counter);
        state.setEflags(state.eflags() & ~CpuState.RF);
        return true;
    }

    /** Whether the boundary after the running instruction has to be looked at, rather than the next block's. */
    boolean needsAttentionNow() {
        return bus.isStopRequested() || observer.hasHit() || pins.wantsInterrupt() || pins.hasInit() || limit() < counter.count()
                || translation.takeCodeDropped();
    }

    /** A device was called from inside a block, and the block runs on: what it armed and raised counts from here. */
    void deviceWasCalled() {
        turnEnd.see(counter);
        setCounterLimit();
    }

    void deliver(Interruption interruption) {
        if (interruption.vector() < Vector.COUNT
                && (interruption.kind() == Interruption.Kind.FAULT || interruption.kind() == Interruption.Kind.TRAP)) {
            counts.countException(interruption.vector());
        }
        state.setHflags(state.hflags() & ~CpuState.HFLAGS_SHADOW);
        if (interruption.vector() == Vector.DEBUG && (state.debug(7) & DR7_GD) != 0) {
            state.setDebug(7, state.debug(7) & ~DR7_GD);
            privileged.chooseIntercepts();
        }
        turnEnd.jump();
        observer.delivered(clock.position());
        int ring = state.cpl();
        if (!delivery.deliver(interruption)) {
            pins.setActivity(Activity.SHUTDOWN);
            return;
        }
        returns.delivered();
        if (tracing.isOn()) {
            tracing.witness().delivered(this, clock.position(), interruption.vector(), ring,
                    interruption.kind() == Interruption.Kind.EXTERNAL);
        }
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
        pins.setActivity(Activity.HLT);
        counts.countHalt();
        if (tracing.isOn()) {
            tracing.witness().halted(this, clock.position());
        }
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

    TurnEnd turnEnd() {
        return turnEnd;
    }

    Tracing tracing() {
        return tracing;
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

    /** Sets RFLAGS from outside, while the CPU does not run. */
    public void setRflags(int rflags) {
        engine.setRflags(rflags);
    }

    /** Sets CR2 from outside, while the CPU does not run. */
    public void setPageFaultAddress(long address) {
        state.setControl(2, address);
    }

    /** Sets CR3 from outside, while the CPU does not run: the TLB is empty then, as behind MOV CR3. */
    public void setPageTable(long value) {
        state.setControl(3, value);
        engine.flushTlb();
    }

    /**
     * Sets x87 and SSE registers from outside, while the CPU does not run.
     *
     * @param offset in {@link CpuSnapshot#vector}, of the first byte
     */
    public void setVectorState(int offset, byte[] bytes) {
        byte[] all = new byte[VectorRegisters.BYTES];
        engine.vector().read(all);
        System.arraycopy(bytes, 0, all, offset, bytes.length);
        engine.vector().write(all);
    }

    /** The architectural state in plain values. */
    public CpuSnapshot snapshot() {
        return CpuSnapshot.of(engine, privileged, pins, breakpoints);
    }

    /**
     * Reads memory by linear address as the CPU's tables map it now, for a look from outside: nothing in the guest can tell. Where a page is
     * not mapped, or is no RAM, only what is before it is read.
     */
    public byte[] look(long linear, int length) {
        return memory.look(linear, length);
    }

    /** The physical address that a linear one is mapped to now, for a look from outside; empty where nothing is mapped. */
    public OptionalLong physical(long linear) {
        return memory.physical(linear);
    }

    /**
     * The physical address where the running code can store at a linear one, without a fault and without a change of page tables, for a look
     * from outside; empty where it cannot.
     */
    public OptionalLong storable(long linear) {
        return memory.storable(linear);
    }

    /** Physical addresses of the page-table entries that a linear address is translated by, for a look from outside. */
    public List<Long> tableEntries(long linear) {
        return memory.tableEntries(linear);
    }

    /** The number on the bus, from 0 on. */
    public int number() {
        return number;
    }

    public CpuCounts counts() {
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
