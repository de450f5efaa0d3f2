package trapframe.machine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.bus.Counting;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.cpu.Witness;
import trapframe.device.SerialInputQueue;
import trapframe.device.SerialOutput;
import trapframe.device.drive.Drive;
import trapframe.freeze.Party;
import trapframe.freeze.Rendezvous;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * A PC that runs an image: the run loop over a {@link Board}. Used by one thread at a time, but for {@link #requestStop}, {@link #freeze}
 * and {@link #snapshot}.
 */
public final class Machine implements AutoCloseable {
    /**
     * At each multiple of this position the TLBs are emptied: a machine that goes back to a snapshot of such a position has then the
     * TLBs that it had there before. A run also looks up there whether another thread asked it to stop.
     */
    public static final long MARK = 1 << 22;

    private record Timing(long position, Turns.State turns, List<Long> deadlines) { }

    private final MachineSpec spec;
    private final Rendezvous rendezvous = new Rendezvous();
    private final Party processors = rendezvous.join("the machine", Party.Kind.PROCESSORS);
    private final Board board;
    private final Clock clock;
    private final EventQueue events;
    private final Turns turns;
    private long skipped;
    private long nextMark = MARK;
    /** Whether marks leave the TLBs as they are: see {@link #retry}. */
    private boolean trying;
    /** The code bytes that were executed before the wait that goes on, or was the last, and the position where it began. */
    private long waitingBehind = -1;
    private long waitingSince;
    private boolean off;

    /**
     * Builds a machine and loads an image into it.
     *
     * @throws trapframe.boot.BootException              if the image does not fit the machine
     * @throws trapframe.device.drive.DriveException     if a drive's file cannot be used
     * @throws trapframe.natives.NativeLibraryException  if there is no engine
     */
    public Machine(MachineSpec spec, BootImage image, BootParameters parameters, SerialInputQueue input,
            SerialOutput console) {
        this(spec, image, parameters, input, console, Drive::open);
    }

    /** Builds a machine as the other constructor does, with drives that the caller opens. */
    public Machine(MachineSpec spec, BootImage image, BootParameters parameters, SerialInputQueue input, SerialOutput console,
            DriveOpener drives) {
        this.spec = spec;
        board = new Board(spec, input, console, drives, rendezvous);
        clock = board.clock();
        events = board.events();
        turns = new Turns(clock, board.cpus(), new RoundRobin(Math.max(1, clock.positionAtNanos(spec.turnNanos()))));
        boolean loaded = false;
        try {
            board.cpus().getFirst().reset(image.load(board.ram(), board.firmware(), parameters));
            loaded = true;
        } finally {
            if (!loaded) {
                board.close();
            }
        }
    }

    /** Runs until something ends the run; another call goes on from there. */
    public StopReason run(RunLimits limits) {
        processors.enter();
        try {
            board.bus().observer().begin();
            return runInside(limits);
        } finally {
            processors.exit();
        }
    }

    private StopReason runInside(RunLimits limits) {
        while (true) {
            processors.boundary();
            if (clock.position() >= nextMark) {
                if (!trying) {
                    board.bus().emptyTlbs();
                }
                nextMark = markAfter(clock.position());
            }
            events.runDue();
            if (board.bus().observer().hit().isPresent()) {
                return watchpoint(turns.turn().cpu());
            }
            boolean requested = board.bus().takeStopRequest();
            Optional<StopReason> asked = board.takeAsked();
            if (asked.isPresent()) {
                return asked.get();
            }
            if (requested) {
                return new StopReason.Interrupted();
            }
            if (clock.position() >= limits.position()) {
                return new StopReason.PositionLimit();
            }
            Optional<Cpu> cpu = turns.onTurn();
            if (cpu.isEmpty()) {
                if (!skipWait(limits)) {
                    return new StopReason.HaltedForGood();
                }
                continue;
            }
            switch (cpu.get().run(Math.min(limits.position(), nextMark))) {
                case POSITION, HALTED, REQUESTED -> { }
                case SHUTDOWN -> {
                    return new StopReason.TripleFault(cpu.get().number());
                }
                case BREAKPOINT -> {
                    return new StopReason.Breakpoint(cpu.get().number(), cpu.get().state().linearRip());
                }
                case WATCHPOINT -> {
                    return watchpoint(cpu.get().number());
                }
                case DELIVERED -> {
                    return new StopReason.Delivered(cpu.get().number());
                }
                case RETURNED -> {
                    return new StopReason.Returned(cpu.get().number());
                }
                case INIT -> {
                    return new StopReason.Reset("INIT of the bootstrap processor");
                }
            }
        }
    }

    private StopReason watchpoint(int cpu) {
        return new StopReason.Watchpoint(cpu, board.bus().observer().hit().orElseThrow());
    }

    /** The first mark behind a position: a multiple of {@link #MARK}. */
    public static long markAfter(long position) {
        return (position & -MARK) + MARK;
    }

    /** Moves time to the next event. Returns false if none can wake a CPU. */
    private boolean skipWait(RunLimits limits) {
        boolean interruptible = board.canRaiseNmi() || board.cpus().stream().anyMatch(Cpu::interruptCanWake);
        long next = events.nextDeadline();
        if (!interruptible || next == EventQueue.NEVER && (!limits.liveInput()
                || limits.position() == Long.MAX_VALUE)) {
            return false;
        }
        noteWaiting();
        passTo(Math.max(clock.position(), Math.min(next, limits.position())));
        return true;
    }

    private void noteWaiting() {
        long executed = clock.position() - skipped;
        if (executed != waitingBehind) {
            waitingBehind = executed;
            waitingSince = clock.position();
        }
    }

    /** Moves time on while no CPU executes anything. */
    private void passTo(long position) {
        skipped += position - clock.position();
        clock.moveTo(position);
    }

    /**
     * Says what runs stop for from now on, besides their ends; nothing in the machine can tell. What is watched in memory may change
     * only at a mark that the machine was just restored to: elsewhere a guest that leaves stale entries in the TLB could tell.
     */
    public void observe(Observation observation) {
        change(() -> board.bus().observe(observation));
    }

    /**
     * Tells a witness what the CPUs do from now on; nothing in the machine can tell.
     *
     * @param witness null for nobody
     */
    public void witness(Witness witness) {
        change(() -> board.bus().witness(witness));
    }

    /** Tells the witness of stores to some bytes of RAM: {@link trapframe.cpu.SystemBus#witnessStores}. Also from the witness itself. */
    public void witnessStores(long[] physical) {
        board.bus().witnessStores(physical);
    }

    /** Tells the witness of all loads and stores of RAM, or no longer: {@link trapframe.cpu.SystemBus#witnessAccesses}. */
    public void witnessAccesses(boolean all) {
        change(() -> board.bus().witnessAccesses(all));
    }

    /** What {@link #observe} asked for last. */
    public Observation observation() {
        return board.bus().observation();
    }

    /** Lets the CPU on turn execute its next instruction although a stop is wanted before it. */
    public void pass() {
        Cpu cpu = cpuOnTurn();
        board.bus().observer().pass(cpu.number(), clock.position(), cpu.state().linearRip());
    }

    /** Whether {@link #pass} was called for the instruction that is next. */
    public boolean isPassing() {
        Cpu cpu = cpuOnTurn();
        return board.bus().observer().isPassed(cpu.number(), clock.position(), cpu.state().linearRip());
    }

    /**
     * Runs stop, once, where a CPU is back here from the next interrupt or exception that is delivered to it: {@link Cpu#awaitReturn}. A restore
     * ends that; nothing in the machine can tell.
     */
    public void awaitReturn(int cpu) {
        change(board.cpus().get(cpu)::awaitReturn);
    }

    /** Ends {@link #awaitReturn}. */
    public void forgetReturn(int cpu) {
        change(board.cpus().get(cpu)::forgetReturn);
    }

    /** How many interrupts and exceptions were delivered at the machine's position, since it got there. */
    public int deliveriesHere() {
        return board.bus().observer().deliveries(clock.position());
    }

    /** Ends the run at the next boundary, from the machine's own thread; from another one at the next look-up. */
    public void requestStop() {
        board.bus().requestStop();
    }

    /** Takes back what {@link #requestStop} asked for, if no run has ended for it. */
    public void forgetStopRequest() {
        board.bus().takeStopRequest();
    }

    /**
     * Stops everything that moves: the CPUs at an instruction boundary, the drives' thread, and who joined. Then a capture may look at
     * the machine from this thread, whichever that is, and everything goes on as if nothing had been. The capture may not run the machine
     * or close it. A state holds the outcome of each transfer of a drive: taking one, or its hash, does first what the drives' thread has
     * not begun.
     *
     * @return what the capture returned
     * @throws IllegalStateException if the machine is switched off, or this thread is the one that runs it, within {@link #run}
     */
    public <T> T freeze(Supplier<T> capture) {
        return rendezvous.freeze(() -> {
            if (off) {
                throw new IllegalStateException("the machine is switched off");
            }
            return capture.get();
        });
    }

    /**
     * Adds a thread that brings something in from outside to those that {@link #freeze} stops.
     *
     * @param name for people
     */
    public Party join(String name) {
        return rendezvous.join(name, Party.Kind.WORKER);
    }

    /** Changes something of the machine at its position, such as its console input, between two runs and in no freeze. */
    public void change(Runnable action) {
        processors.inside(action);
    }

    /** Characters arrive for the console, COM1: an input at the machine's position. */
    public void type(byte[] characters) {
        change(() -> {
            board.console().append(characters);
            board.com1().inputAvailable();
        });
    }

    /** Nothing more will be typed: an input at the machine's position. */
    public void hangUp() {
        change(() -> {
            board.console().hangUp();
            board.com1().inputAvailable();
        });
    }

    /** Somebody presses the power button: an input at the machine's position. What follows is up to the guest. */
    public void pressPowerButton() {
        change(board.power()::pressPowerButton);
    }

    /**
     * Requests an external interrupt of a CPU, through the interrupt controller that has its vector: an edge on an unmasked input of the 8259s
     * if that CPU listens to them, or else a request to its local APIC. What keeps an interrupt back keeps this one pending. An input at the
     * machine's position.
     *
     * @return why no controller can request it; empty if it was done
     */
    public Optional<String> inject(int cpu, int vector) {
        processors.enter();
        try {
            return board.inject(cpu, vector);
        } finally {
            processors.exit();
        }
    }

    /** Why {@link #inject} would not be done now; empty if it would. */
    public Optional<String> whyNoInjection(int cpu, int vector) {
        return board.whyNoInjection(cpu, vector);
    }

    /**
     * Time passes in which no CPU executes anything, as if firmware held them in system-management mode: whatever is due meanwhile happens, and
     * every clock shows that it was so long. An input at the machine's position.
     *
     * @param positions how long
     */
    public void stall(long positions) {
        change(() -> {
            long until = clock.position() + positions;
            noteWaiting();
            while (events.nextDeadline() <= until) {
                passToNextEvent();
            }
            passTo(until);
        });
    }

    /**
     * Stalls, as {@link #stall} does, until something happens by which a CPU gets an interrupt request; not at all if there is one.
     *
     * @param most how long at most, in positions
     * @return how long it was; empty if nothing requests an interrupt so soon, and time passed up to the last event before
     */
    public OptionalLong stallToInterrupt(long most) {
        long start = clock.position();
        change(() -> {
            noteWaiting();
            while (!isInterruptRequested() && events.nextDeadline() <= start + most) {
                passToNextEvent();
            }
        });
        return isInterruptRequested() ? OptionalLong.of(clock.position() - start) : OptionalLong.empty();
    }

    private void passToNextEvent() {
        passTo(Math.max(clock.position(), events.nextDeadline()));
        events.runDue();
    }

    private boolean isInterruptRequested() {
        return board.cpus().stream().anyMatch(Cpu::isInterruptRequested);
    }

    /**
     * The next turn is a CPU's, and begins now, if that CPU does not wait: an input at the machine's position.
     *
     * @param atLeast how long it lasts at least, in positions, unless the CPU comes to wait; 0: as long as turns usually do
     */
    public void giveTurn(int cpu, long atLeast) {
        change(() -> turns.give(cpu, atLeast));
    }

    /** Empties the TLBs: an input at the machine's position, behind which a run is the one of a machine that was restored to there. */
    public void emptyTlbs() {
        change(() -> {
            trying = false;
            board.bus().emptyTlbs();
        });
    }

    /** Tells COM1 that its input has characters again, or has ended, after the queue that it was made with was changed. */
    public void inputAvailable() {
        change(board.com1()::inputAvailable);
    }

    /**
     * Changes a drive's capacity, an input at the machine's position.
     *
     * @param number  of the drive in the description
     * @param sectors of 512 bytes, from 1 on
     * @throws trapframe.device.drive.DriveException if its file cannot be made longer or shorter
     */
    public void resizeDrive(int number, long sectors) {
        change(() -> board.virtio().blocks().get(number).resize(sectors));
    }

    /** SHA-256 of the drives' files as they are now, in the order of the description. */
    public List<byte[]> driveFileDigests() {
        return board.virtio().drives().stream().map(Drive::fileDigest).toList();
    }

    /**
     * What a drive holds as the guest sees it now, whether its file has it yet or not. Looking changes nothing.
     *
     * @param number of the drive in the description
     * @param sector the first one, of 512 bytes
     * @param count  how many, all within the drive
     * @throws trapframe.device.drive.DriveException if the file cannot be read
     */
    public byte[] driveContent(int number, long sector, int count) {
        return freeze(() -> board.virtio().drives().get(number).content(sector, count));
    }

    /** A drive's capacity in sectors of 512 bytes. */
    public long driveSectors(int number) {
        return board.virtio().drives().get(number).sectors();
    }

    /** What went wrong with devices so far, in words, a line each. */
    public List<String> complaints() {
        return board.virtio().complaints();
    }

    /** The description that the machine was made of. */
    public MachineSpec spec() {
        return spec;
    }

    public Clock clock() {
        return clock;
    }

    public GuestMemory ram() {
        return board.ram();
    }

    /** The CPUs, by number; the first is the one that boots. */
    public List<Cpu> cpus() {
        return board.cpus();
    }

    /** The CPU whose turn goes on, or was the last: the one that executed the last instruction, if any was executed. */
    public Cpu cpuOnTurn() {
        return board.cpus().get(turns.turn().cpu());
    }

    /** The CPU that goes on at the machine's position, if no event comes before; none when all of them wait. */
    public OptionalInt cpuNext() {
        return turns.next();
    }

    /** Whose turn it is, and until when. */
    public Turn turn() {
        return turns.turn();
    }

    /** The timers' deadlines, in the order of {@link #timerNames}. */
    public List<Long> deadlines() {
        return events.deadlines();
    }

    /** The names of the devices, in an order that is always the same, and what of their states two equal runs have in common. */
    public List<DeviceState> deviceStates() {
        return board.states().essences();
    }

    /** Whether the devices are what they were when a snapshot was taken, as far as two equal runs have that in common. */
    public boolean hasDevicesOf(Snapshot snapshot) {
        return board.states().are(snapshot.devices());
    }

    /**
     * @param name  of the device's class; equal devices have equal names
     * @param state what determines its future
     */
    public record DeviceState(String name, Record state) { }

    /** The position of the next event in the machine; {@link EventQueue#NEVER} if there is none. */
    public long nextEvent() {
        return events.nextDeadline();
    }

    /** What devices say of their registers without an access to them. */
    public DeviceRegisters registers() {
        return new DeviceRegisters(board);
    }

    /** Whether a device's interrupt can reach a CPU as an NMI or INIT, also one that has interrupts off. */
    public boolean canRaiseNmi() {
        return board.canRaiseNmi();
    }

    /** Whether an ISA interrupt, 0 to 15, could reach a CPU as long as nobody programs the interrupt controllers. */
    public boolean lets(int irq) {
        return board.lets(irq);
    }

    /** Where the wait of all CPUs began that goes on or was the last; not before the moment to which the machine was restored last. */
    public long waitingSince() {
        return waitingSince;
    }

    /** Positions that passed while all CPUs waited: the clock's position less the code bytes executed. */
    public long skippedPositions() {
        return skipped;
    }

    /** The hash of everything that determines the future: CPUs and their turns, RAM, devices, events, time. */
    public String stateHash() {
        return stateHashes().hex();
    }

    /** The same hash, with those of the parts. */
    public StateHash stateHashes() {
        StateHash.Builder hash = new StateHash.Builder();
        hash.add("time and turns", new Timing(clock.position(), turns.state(), events.deadlines()));
        board.cpus().forEach(cpu -> hash.add("CPU " + cpu.number(), cpu.snapshot()));
        deviceStates().forEach(device -> hash.add(device.name(), device.state()));
        return hash.add("RAM", board.bus().ramHash()).build();
    }

    /** The names of the timers, in the order of the deadlines in snapshots. */
    public List<String> timerNames() {
        return events.timers().stream().map(Timer::name).toList();
    }

    /** The machine as it is now, while it runs too; at the cost of what changed since the last snapshot. */
    public Snapshot snapshot() {
        return freeze(this::capture);
    }

    private Snapshot capture() {
        return new Snapshot(clock.position(), skipped, turns.state(), board.cpus().stream().map(Cpu::image).toList(),
                board.states().all(), events.deadlines(), board.counting().stream().map(Counting::counts).toList(),
                board.bus().ramImage());
    }

    /**
     * Makes the machine what it was when a snapshot was taken of it, or of another one with the same description. A run from there is the
     * run that followed the snapshot. If the snapshot's position is a mark, that goes even for a guest that changes page tables without
     * telling the TLB; if not, the TLBs, which are empty now, may have known something there.
     *
     * @throws trapframe.device.drive.DriveException if the file of a drive was written since; the machine then stays as it is
     */
    public void restore(Snapshot snapshot) {
        change(() -> goBackTo(snapshot, false));
    }

    /**
     * Does what {@link #restore} does, faster where the machine goes back often: the TLBs keep what page tables say at the snapshot too, and marks
     * leave them as they are, until {@link #restore} or {@link #emptyTlbs}. If the guest changes page tables without telling the TLB, a run depends
     * on those before it.
     *
     * @throws trapframe.device.drive.DriveException as {@link #restore} does
     */
    public void retry(Snapshot snapshot) {
        change(() -> goBackTo(snapshot, true));
    }

    private void goBackTo(Snapshot snapshot, boolean isTry) {
        board.states().checkRestorable(snapshot.devices());
        clock.moveTo(snapshot.position());
        skipped = snapshot.skipped();
        nextMark = markAfter(snapshot.position());
        turns.restore(snapshot.turns());
        board.states().restore(snapshot.devices());
        for (int i = 0; i < board.counting().size(); i++) {
            board.counting().get(i).restoreCounts(snapshot.counts().get(i));
        }
        events.restore(snapshot.deadlines());
        trying = isTry;
        board.bus().restore(snapshot.ram(), snapshot.cpus(), isTry);
        board.forgetAsked();
        board.bus().observer().forget();
        waitingBehind = -1;
    }

    public Statistics statistics() {
        return Statistics.of(board);
    }

    /**
     * Switches the machine off; what drives keep in memory is stored.
     *
     * @throws trapframe.device.drive.DriveException if that fails
     */
    @Override
    public void close() {
        processors.enter();
        try {
            off = true;
            board.close();
        } finally {
            processors.end();
            processors.exit();
        }
    }
}
