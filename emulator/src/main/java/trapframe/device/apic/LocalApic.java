package trapframe.device.apic;

import java.util.Optional;
import java.util.List;
import java.util.function.IntSupplier;
import trapframe.bus.Counting;
import trapframe.bus.LocalInterrupts;
import trapframe.bus.MmioDevice;
import trapframe.bus.ProcessorPins;
import trapframe.bus.Stateful;
import trapframe.time.EventQueue;

/**
 * The local APIC of one processor, in xAPIC mode: Intel SDM vol. 3A, chapter 11, as of the Pentium 4 (version 0x14, six
 * entries in the local vector table).
 *
 * <p>Modelled: every register of table 11-1; the priorities TPR, PPR and APR; IRR, ISR and TMR; end of interrupt with its
 * broadcast for level-triggered ones; the timer, once and periodic; LINT0 and LINT1 with all delivery modes, polarity and
 * trigger; interrupts between processors with all destinations and shorthands; the error status register with its
 * interrupt; the spurious vector; software and global enable, and relocation. LINT0 is where the 8259 pair asks (virtual
 * wire); while the APIC is off in IA32_APIC_BASE the two pins are INTR and NMI.
 *
 * <p>At power-on the bootstrap processor's APIC is as firmware leaves it: enabled, spurious vector 0xff, LINT0 external
 * interrupt, LINT1 NMI. The others are as INIT leaves them.
 *
 * <p>Not modelled: x2APIC mode, the TSC deadline, system management interrupts (ignored), focus processor checking, the
 * remote read register, sources for the thermal and performance entries. Messages arrive at once, so that delivery
 * statuses are always idle; the APIC ID is read-only. Only aligned 32-bit writes have an effect.
 */
public final class LocalApic implements LocalInterrupts, Stateful<LocalApic.State>, Counting {
    /** Physical address of the registers at power-on. */
    public static final long DEFAULT_ADDRESS = 0xfee0_0000L;
    /** Version 0x14, highest entry of the local vector table 5. */
    public static final int VERSION = 0x0005_0014;

    static final int FIRST_LEGAL_VECTOR = 16;

    /**
     * @param base   IA32_APIC_BASE
     * @param extInt whether an external interrupt that came as a message waits
     */
    public record State(long base, int spuriousVector, boolean extInt, LogicalDestination.State destination,
                 ErrorStatus.State errors, InterruptCommand.State command, PendingVectors.State pending,
                 LocalVectors.State lvt, ApicTimer.State timer) {
        /** The vectors whose bit in ISR is set, in rising order. */
        public List<Integer> inService() {
            return VectorSet.members(pending.inService());
        }

        /** The same, but for the timer's count, and when it began. */
        public State timeless() {
            return new State(base, spuriousVector, extInt, destination, errors, command, pending, lvt, timer.timeless());
        }

        /** Whether an interrupt at the pin LINT0 reaches the processor: also where there is no APIC between them. */
        public boolean takesPin() {
            return (base & ApicBase.ENABLE) == 0 || (lvt.entries().get(LocalVectors.LINT0) & LocalVectors.MASKED) == 0;
        }

        /** The highest vector that the timer, and the 8259s by LINT0, can request; an external interrupt counts as 0, as it is taken behind all others. */
        public int highestOfTimers() {
            return Math.max(lvt.vector(LocalVectors.TIMER), lvt.vector(LocalVectors.LINT0));
        }

        /** The vectors whose bit in IRR is set, in rising order. */
        public List<Integer> requested() {
            return VectorSet.members(pending.requested());
        }

        /** TPR. */
        public int taskPriority() {
            return pending.taskPriority();
        }

        /** Whether it is on, in IA32_APIC_BASE and in the spurious-interrupt vector register: off, it takes requests no further. */
        public boolean isEnabled() {
            return ApicBase.isEnabled(base) && SpuriousVector.isEnabled(spuriousVector);
        }
    }

    private final int id;
    private final IntSupplier legacyAcknowledge;
    private final ApicBase base = new ApicBase();
    private final SpuriousVector spurious = new SpuriousVector();
    private final LogicalDestination destination = new LogicalDestination();
    private final ErrorStatus errors = new ErrorStatus();
    private final InterruptCommand command = new InterruptCommand();
    private final PendingVectors pending = new PendingVectors();
    private final LocalVectors lvt = new LocalVectors();
    private final ApicTimer timer;
    private final LocalApicRegisters registers;
    private ProcessorPins processor;
    private boolean extInt;
    private long timerInterrupts;
    private long changes;

    /**
     * @param id                of the processor; 0 is the bootstrap processor
     * @param legacyAcknowledge the interrupt-acknowledge cycle of the 8259 pair
     */
    LocalApic(int id, ApicBus bus, EventQueue events, IntSupplier legacyAcknowledge, long timerPhase) {
        this.id = id;
        this.legacyAcknowledge = legacyAcknowledge;
        timer = new ApicTimer(events, "local APIC " + id + " timer", this::timerExpired, timerPhase);
        registers = new LocalApicRegisters(this, bus, spurious, destination, errors, command, pending, lvt, timer);
        reset();
        if (id == 0) {
            base.setBootstrap();
            spurious.enable();
            lvt.setVirtualWire();
        }
    }

    /** Connects the processor; once, before the machine runs. */
    public void connect(ProcessorPins pins) {
        processor = pins;
    }

    /** Everything but IA32_APIC_BASE: the state after power-up and INIT (section 11.4.7). */
    private void reset() {
        pending.reset();
        lvt.reset();
        timer.reset();
        destination.reset();
        errors.reset();
        command.reset();
        spurious.reset();
        extInt = false;
    }

    /** The processor's number. */
    int id() {
        return id;
    }

    @Override
    public boolean enabled() {
        return base.isEnabled();
    }

    @Override
    public long base() {
        return base.value();
    }

    @Override
    public void setBase(long value) {
        boolean wasEnabled = enabled();
        base.set(value);
        if (wasEnabled && !enabled()) {
            // What was set up may be lost then (section 11.4.3).
            reset();
        }
        update();
    }

    @Override
    public long registersPage() {
        return enabled() ? base.page() : NO_PAGE;
    }

    @Override
    public MmioDevice registers() {
        return registers;
    }

    @Override
    public int taskPriority() {
        return pending.taskPriority() >> 4;
    }

    @Override
    public void setTaskPriority(int priority) {
        pending.setTaskPriority(priority << 4);
        update();
    }

    /** The INTR output of the 8259 pair. */
    void lint0(boolean level) {
        setPin(LocalVectors.LINT0, level);
    }

    /** The board's NMI. */
    void lint1(boolean level) {
        setPin(LocalVectors.LINT1, level);
    }

    private void setPin(int pin, boolean level) {
        boolean rose = lvt.setPin(pin, level);
        if (enabled()) {
            if (rose && !lvt.isMasked(pin) && !lvt.isLevel(pin)) {
                signal(pin);
            }
        } else if (rose && pin == LocalVectors.LINT1) {
            processor.nmi();
        }
        update();
    }

    /** An entry of the local vector table has something to say. */
    private void signal(int entry) {
        switch (lvt.mode(entry)) {
            case FIXED -> request(lvt.vector(entry), false);
            case NMI -> processor.nmi();
            case INIT -> init();
            default -> { }
        }
    }

    private void init() {
        reset();
        processor.init();
    }

    /** Whether messages with a vector reach this APIC. */
    boolean accepts() {
        return enabled() && spurious.isEnabled();
    }

    /** Whether a destination means this APIC (section 11.6.2). */
    boolean isMeant(int meant, boolean logical) {
        return enabled() && (meant == InterruptMessage.BROADCAST || (logical ? destination.isMeant(meant) : meant == id));
    }

    int arbitrationPriority() {
        return pending.arbitrationPriority();
    }

    /** Whether the 8259 pair reaches the processor as NMI or INIT, which no flag of it keeps back. */
    boolean isLint0Unmaskable() {
        return enabled() && lvt.isUnmaskable(LocalVectors.LINT0);
    }

    /** Whether an interrupt of the 8259 pair reaches the processor. */
    public boolean passesExternalInterrupts() {
        return !enabled() || lvt.passesExternal(LocalVectors.LINT0);
    }

    /**
     * Requests an edge-triggered interrupt, as a message would.
     *
     * @return why that is not possible; empty if it was done
     */
    public Optional<String> inject(int vector) {
        Optional<String> refusal = whyNoInjection(vector);
        if (refusal.isEmpty()) {
            pending.request(vector, false);
            update();
        }
        return refusal;
    }

    /** Why it would not take a request from outside now; empty if it would. */
    public Optional<String> whyNoInjection(int vector) {
        return !accepts() ? Optional.of("the local APIC of CPU " + id + " is off")
                : vector < FIRST_LEGAL_VECTOR ? Optional.of("a local APIC takes vectors from " + FIRST_LEGAL_VECTOR + " on") : Optional.empty();
    }

    /** Takes a message that is meant for this APIC. Returns false if it does not take it now. */
    boolean accept(InterruptMessage message) {
        boolean taken = true;
        switch (message.mode()) {
            case FIXED, LOWEST_PRIORITY -> taken = accepts() && request(message.vector(), message.level());
            case EXTINT -> {
                taken = accepts();
                extInt |= taken;
            }
            case NMI -> processor.nmi();
            case INIT -> init();
            case STARTUP -> processor.startup(message.vector());
            default -> { }
        }
        update();
        return taken;
    }

    private boolean request(int vector, boolean level) {
        if (vector < FIRST_LEGAL_VECTOR) {
            noteError(ErrorStatus.RECEIVE_ILLEGAL_VECTOR);
            return false;
        }
        pending.request(vector, level);
        return true;
    }

    /** Notes an error; the first of its kind since ESR was written interrupts. */
    private void noteError(int error) {
        if (errors.note(error) && !lvt.isMasked(LocalVectors.ERROR)) {
            signal(LocalVectors.ERROR);
        }
    }

    private void timerExpired() {
        timerInterrupts++;
        signal(LocalVectors.TIMER);
        update();
    }

    /** What follows from any change: a request by LINT0's level, the timer's next event, the processor's INTR. */
    void update() {
        changes++;
        int lint0 = LocalVectors.LINT0;
        if (enabled() && lvt.isLevelDue(lint0)) {
            lvt.setAccepted(lint0, request(lvt.vector(lint0), true));
        }
        timer.watch(timerMatters());
        processor.interrupt(enabled() ? pending.deliverable() != PendingVectors.NONE || externalInterrupt()
                : lvt.pinLevel(lint0));
    }

    /** Whether the end of the timer's count would change anything. */
    private boolean timerMatters() {
        int vector = lvt.vector(LocalVectors.TIMER);
        return !lvt.isMasked(LocalVectors.TIMER) && (vector < FIRST_LEGAL_VECTOR
                ? !errors.has(ErrorStatus.RECEIVE_ILLEGAL_VECTOR) : !pending.requested().contains(vector));
    }

    private boolean externalInterrupt() {
        return extInt || lvt.isExternal(LocalVectors.LINT0);
    }

    @Override
    public int acknowledge() {
        int vector = enabled() ? pending.deliverable() : PendingVectors.NONE;
        if (vector != PendingVectors.NONE) {
            pending.take(vector);
        } else if (!enabled() || externalInterrupt()) {
            extInt = false;
            vector = legacyAcknowledge.getAsInt();
        } else {
            vector = spurious.vector();
        }
        update();
        return vector;
    }

    /** Something was found wrong with an access to the registers. */
    void raise(int error) {
        noteError(error);
        update();
    }

    /** Accesses to the registers since power-on. */
    public long accesses() {
        return registers.accesses();
    }

    /** Ends of the timer's count that interrupted, since power-on. */
    public long timerInterrupts() {
        return timerInterrupts;
    }

    @Override
    public long[] counts() {
        return new long[] {timerInterrupts, registers.accesses()};
    }

    @Override
    public void restoreCounts(long[] counts) {
        timerInterrupts = counts[0];
        registers.restoreAccesses(counts[1]);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(base.value(), spurious.read(), extInt, destination.state(), errors.state(), command.state(), pending.state(),
                lvt.state(), timer.state());
    }

    @Override
    public void restore(State state) {
        changes++;
        base.set(state.base);
        spurious.write(state.spuriousVector);
        extInt = state.extInt;
        destination.restore(state.destination);
        errors.restore(state.errors);
        command.restore(state.command);
        pending.restore(state.pending);
        lvt.restore(state.lvt);
        timer.restore(state.timer);
    }
}
