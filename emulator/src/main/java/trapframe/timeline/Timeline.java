package trapframe.timeline;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import trapframe.cpu.Observation;
import trapframe.cpu.Observer;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * A run that can be walked in, forwards and backwards, to any {@link Moment} and to whatever an {@link Observation} names. Nothing of that is
 * noticed by the guest: wherever the walk went, the run that goes on from a moment is the one that nobody looked at. Only {@link #apply}
 * changes it.
 *
 * <p>Going back is going on from a checkpoint before. Every moment is one that the machine stood at: after an instruction, or after the
 * delivery of an interrupt or exception.
 */
public final class Timeline {
    public static final long DEFAULT_BUDGET = 512L << 20;

    /** Positions in front of a moment that are searched for the instruction before it; four times more each time that it is not there. */
    private static final int NEAR = 64;

    private final Course course;
    private final Machine machine;
    private Observation wanted = Observation.NONE;
    private Predicate<Machine> condition = _ -> true;
    private Moment furthest;

    /**
     * Of a machine as it is now, which is the start: before its first instruction, or at a mark ({@link Machine#MARK}).
     *
     * @param live   whether a halted machine waits for input, which may come by {@link #apply}
     * @param inputs what comes to it later, as in a recording
     * @param budget bytes that checkpoints may take, about
     */
    public Timeline(Machine machine, boolean live, List<Recording.Applied> inputs, long budget) {
        this.machine = machine;
        course = new Course(machine, live, inputs, budget);
        furthest = course.now();
    }

    public Machine machine() {
        return machine;
    }

    public Moment now() {
        return course.now();
    }

    /** Whether the run was never as far as it is now: what the guest writes is new. For consoles, which show everything once. */
    public boolean isNew() {
        return machine.clock().position() >= furthest.position();
    }

    /** Everything that came to the machine, and will as far as that is known. */
    public List<Recording.Applied> inputs() {
        return course.inputs();
    }

    /**
     * From now on what happens for the first time is written down.
     *
     * @param log of the machine, and of all that happened up to now
     */
    public void keep(RunLog log) {
        course.log(log);
    }

    /** The last moment that is known; that of the machine, if it did not go back. */
    public Moment furthest() {
        return furthest;
    }

    /** How many checkpoints there are. */
    public int checkpoints() {
        return course.checkpoints().count();
    }

    /** What {@link #run}, {@link #runBack} and nothing else stop for; its deliveries do not count. */
    public void observe(Observation observation) {
        observe(observation, _ -> true);
    }

    /**
     * The same, but only when a condition holds there.
     *
     * @param newCondition looks at the machine, before a breakpoint's instruction or behind an access, and changes nothing
     */
    public void observe(Observation observation, Predicate<Machine> newCondition) {
        wanted = observation.withDeliveries(false);
        condition = newCondition;
    }

    /**
     * Something comes to the machine now: characters, or what a debugger writes. The time behind now is forgotten.
     *
     * @throws IllegalArgumentException if the machine cannot take it
     */
    public void apply(Input input) {
        if (!input.fits(machine.spec())) {
            throw new IllegalArgumentException("the machine cannot take " + input);
        }
        course.apply(input);
        furthest = now();
    }

    /** Goes to a moment; to the last one before it, or the first one behind, if it is not one of this run. */
    public Stop goTo(Moment target) {
        return ending(travel(target), new Stop.Position());
    }

    private StopReason travel(Moment target) {
        Checkpoints.Checkpoint nearest = course.checkpoints().atOrBefore(Math.max(target.position(), course.checkpoints().first().position()));
        if (target.isBefore(now()) || nearest.position() > now().position()) {
            course.restore(nearest, Observation.NONE);
        }
        StopReason reason = course.goOnTo(target, furthest);
        noteProgress();
        return reason;
    }

    /** Runs on until something is observed, or up to a position. The instruction that is next now runs whatever is wanted. */
    public Stop run(long limit) {
        course.observe(wanted);
        StopReason reason;
        do {
            machine.pass();
            reason = course.run(limit, Long.MAX_VALUE);
        } while (reason instanceof StopReason.Observed && !condition.test(machine));
        noteProgress();
        return stop(reason);
    }

    /**
     * Goes back to the last moment before now at which something observed is next: a breakpoint's instruction, an access. If somebody asks
     * for a stop meanwhile, it is now again.
     */
    public Stop runBack() {
        Moment origin = now();
        Moment until = origin;
        while (course.checkpoints().first().moment().isBefore(until)) {
            Checkpoints.Checkpoint from = course.checkpoints().before(until);
            course.restore(from, wanted);
            Optional<Hit> last = lastHit(until);
            if (last.isPresent()) {
                return land(last.get(), origin);
            }
            until = from.moment();
        }
        travel(until);
        return new Stop.Start();
    }

    /** @param moment before a breakpoint's instruction, or behind an access */
    private record Hit(Moment moment, Stop stop) { }

    /** Runs up to a moment, to which all that is observed has to come before, and says what came last. */
    private Optional<Hit> lastHit(Moment until) {
        Optional<Hit> last = Optional.empty();
        while (now().isBefore(until)) {
            boolean there = now().position() == until.position();
            course.observe(wanted.withDeliveries(there));
            Moment before = now();
            StopReason reason = course.run(there ? until.position() + 1 : until.position(), Long.MAX_VALUE);
            Moment here = now();
            if (isHitBefore(until, reason) && condition.test(machine)) {
                last = Optional.of(new Hit(here, stop(reason)));
            }
            if (reason instanceof StopReason.Breakpoint) {
                machine.pass();
            } else if (reason instanceof StopReason.Interrupted) {
                return Optional.of(new Hit(here, stop(reason)));
            } else if (!Course.isOnTheWay(reason) && here.equals(before)) {
                break;
            }
        }
        return last;
    }

    private boolean isHitBefore(Moment until, StopReason reason) {
        return reason instanceof StopReason.Breakpoint && now().isBefore(until)
                || reason instanceof StopReason.Watchpoint && !until.isBefore(now());
    }

    private Stop land(Hit hit, Moment origin) {
        travel(hit.stop instanceof Stop.Interrupted ? origin : hit.moment);
        if (hit.stop instanceof Stop.Watchpoint) {
            stepBack();
        }
        return hit.stop;
    }

    /** Executes one instruction, or takes one interrupt or exception; a machine that waits is first brought to what wakes it. */
    public Stop step() {
        return step(OptionalInt.empty());
    }

    /** The same, until the CPU of this number did it; the others go on meanwhile. */
    public Stop step(OptionalInt cpu) {
        course.observe(new Observation(new long[0], wanted.data(), true));
        StopReason reason = stepOnce();
        while (isOnTheWay(reason) && !(reason instanceof StopReason.Watchpoint) && !wasExecutor(cpu)) {
            reason = stepOnce();
        }
        noteProgress();
        return reason instanceof StopReason.Watchpoint ? stop(reason) : ending(reason, new Stop.Step(machine.cpuOnTurn().number()));
    }

    private boolean wasExecutor(OptionalInt cpu) {
        return cpu.isEmpty() || cpu.getAsInt() == machine.cpuOnTurn().number();
    }

    /** To the next moment, on a course that stops at deliveries. */
    private StopReason stepOnce() {
        long executed = executed();
        while (true) {
            StopReason reason = course.run(now().position() + 1, now().position());
            if (!(reason instanceof StopReason.PositionLimit) || executed() != executed) {
                return reason;
            }
            long happens = course.nextHappening();
            if (happens == Course.NEVER) {
                return new StopReason.HaltedForGood();
            }
            course.run(happens, happens);
        }
    }

    private long executed() {
        return machine.clock().position() - machine.skippedPositions();
    }

    /** Undoes one instruction, or the delivery of an interrupt or exception. */
    public Stop stepBack() {
        return stepBack(OptionalInt.empty());
    }

    /** Goes back to the last moment before now behind which the CPU of this number did something. */
    public Stop stepBack(OptionalInt cpu) {
        Moment until = now();
        Moment start = course.checkpoints().first().moment();
        for (long distance = NEAR; start.isBefore(until); ) {
            long from = Math.max(start.position(), until.position() - distance);
            travel(Moment.at(from));
            long waitingSince = machine.waitingSince();
            Walk walk = walkTo(until, cpu);
            if (walk.last.isPresent()) {
                travel(walk.last.get());
                return new Stop.Step(cpu.orElse(machine.cpuOnTurn().number()));
            }
            if (from == start.position()) {
                break;
            }
            distance = walk.beganWaiting ? until.position() - waitingSince + NEAR : 4 * distance;
        }
        travel(start);
        return new Stop.Start();
    }

    /**
     * @param last         the last moment from which the CPU stepped
     * @param beganWaiting whether the walk began while all CPUs waited, which is no moment of the run
     */
    private record Walk(Optional<Moment> last, boolean beganWaiting) { }

    /** Steps up to a moment. */
    private Walk walkTo(Moment until, OptionalInt cpu) {
        Optional<Moment> last = Optional.empty();
        boolean beganWaiting = false;
        course.observe(new Observation(new long[0], List.of(), true));
        while (now().isBefore(until)) {
            Moment before = now();
            long skipped = machine.skippedPositions();
            StopReason reason = stepOnce();
            boolean waited = machine.skippedPositions() != skipped && machine.waitingSince() < before.position();
            beganWaiting |= waited;
            if (!waited && wasExecutor(cpu)) {
                last = Optional.of(before);
            }
            if (!Course.isOnTheWay(reason) && now().equals(before)) {
                break;
            }
        }
        return new Walk(last, beganWaiting);
    }

    private static boolean isOnTheWay(StopReason reason) {
        return Course.isOnTheWay(reason) && !(reason instanceof StopReason.Interrupted);
    }

    private void noteProgress() {
        if (furthest.isBefore(now())) {
            furthest = now();
        }
    }

    private static Stop ending(StopReason reason, Stop otherwise) {
        return isOnTheWay(reason) ? otherwise : stop(reason);
    }

    private static Stop stop(StopReason reason) {
        return switch (reason) {
            case StopReason.Breakpoint(int cpu, long address) -> new Stop.Breakpoint(cpu, address);
            case StopReason.Watchpoint(int cpu, Observer.Hit hit) -> new Stop.Watchpoint(cpu, hit.watch(), hit.address(), hit.write());
            case StopReason.Delivered(int cpu) -> new Stop.Step(cpu);
            case StopReason.PositionLimit() -> new Stop.Position();
            case StopReason.Interrupted() -> new Stop.Interrupted();
            case StopReason.GuestExit _, StopReason.Reset _, StopReason.PowerOff _, StopReason.TripleFault _, StopReason.HaltedForGood _ ->
                    new Stop.End(reason);
        };
    }
}
