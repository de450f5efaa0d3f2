package trapframe.timeline;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import trapframe.cpu.Observation;
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

    private final Course course;
    private final Machine machine;
    private final Steps steps;
    private Observation wanted = Observation.NONE;
    private Predicate<Machine> condition = _ -> true;

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
        steps = new Steps(course);
    }

    public Machine machine() {
        return machine;
    }

    public Moment now() {
        return course.now();
    }

    /** Whether the run was never as far as it is now: what the guest writes is new. For consoles, which show everything once. */
    public boolean isNew() {
        return machine.clock().position() >= course.furthest().position();
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
        return course.furthest();
    }

    /** How many checkpoints there are. */
    public int checkpoints() {
        return course.checkpoints().count();
    }

    /**
     * Ends what goes on, and everything from now on at once, until {@link #forgetInterrupt}; called by any thread. What goes back to
     * something is then back where it began, what goes to a moment is somewhere on its way.
     */
    public void interrupt() {
        course.interrupt();
    }

    public boolean isInterrupted() {
        return course.isInterrupted();
    }

    /** Nothing is to end any more. */
    public void forgetInterrupt() {
        course.forgetInterrupt();
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
    }

    /** Goes to a moment; to the last one before it, or the first one behind, if it is not one of this run. */
    public Stop goTo(Moment target) {
        return Steps.ending(course.travel(target, true), new Stop.Position());
    }

    /** Runs on until something is observed, or up to a position. The instruction that is next now runs whatever is wanted. */
    public Stop run(long limit) {
        course.observe(wanted);
        StopReason reason;
        do {
            machine.pass();
            reason = course.isInterrupted() ? new StopReason.Interrupted() : course.run(limit, Long.MAX_VALUE);
        } while (reason instanceof StopReason.Observed && !condition.test(machine));
        return Steps.stop(reason);
    }

    /**
     * Goes back to the last moment before now at which something observed is next: a breakpoint's instruction, an access. If somebody asks
     * for a stop meanwhile, it is now again.
     */
    public Stop runBack() {
        return runBack(course.checkpoints().first().moment());
    }

    /**
     * The same, but no further than to a moment: where nothing is observed behind it, it is then.
     *
     * @param bound the first moment that counts; of accesses, those that are made from there on
     */
    public Stop runBack(Moment bound) {
        Moment origin = now();
        Stop stop = runBackTo(origin, bound);
        if (stop instanceof Stop.Interrupted) {
            course.travel(origin, false);
        }
        return stop;
    }

    private Stop runBackTo(Moment origin, Moment bound) {
        Moment start = course.checkpoints().first().moment();
        Moment until = origin;
        while (start.isBefore(until) && bound.isBefore(until)) {
            Checkpoints.Checkpoint from = course.checkpoints().before(until);
            course.restore(from, wanted);
            Optional<Hit> last = lastHit(until);
            if (last.isPresent()) {
                Stop stop = land(last.get());
                if (stop instanceof Stop.Interrupted || !now().isBefore(bound)) {
                    return stop;
                }
                break;
            }
            until = from.moment();
        }
        return start.isBefore(bound) ? Steps.ending(course.travel(bound, true), new Stop.Position())
                : Steps.ending(course.travel(start, true), new Stop.Start());
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
                last = Optional.of(new Hit(here, Steps.stop(reason)));
            }
            if (reason instanceof StopReason.Breakpoint) {
                machine.pass();
            }
            if (reason instanceof StopReason.Interrupted || course.isInterrupted()) {
                return Optional.of(new Hit(here, new Stop.Interrupted()));
            }
            if (!Course.isOnTheWay(reason) && here.equals(before)) {
                break;
            }
        }
        return last;
    }

    private boolean isHitBefore(Moment until, StopReason reason) {
        return reason instanceof StopReason.Breakpoint && now().isBefore(until)
                || reason instanceof StopReason.Watchpoint && !until.isBefore(now());
    }

    private Stop land(Hit hit) {
        if (hit.stop instanceof Stop.Interrupted || course.travel(hit.moment, true) instanceof StopReason.Interrupted) {
            return new Stop.Interrupted();
        }
        boolean isBehind = hit.stop instanceof Stop.Watchpoint;
        return isBehind && stepBack() instanceof Stop.Interrupted interrupted ? interrupted : hit.stop;
    }

    /** Executes one instruction, or takes one interrupt or exception; a machine that waits is first brought to what wakes it. */
    public Stop step() {
        return step(OptionalInt.empty());
    }

    /** The same, until the CPU of this number did it; the others go on meanwhile. */
    public Stop step(OptionalInt cpu) {
        return steps.forwards(cpu, wanted.data());
    }

    /** Undoes one instruction, or the delivery of an interrupt or exception. */
    public Stop stepBack() {
        return stepBack(OptionalInt.empty());
    }

    /** Goes back to the last moment before now behind which the CPU of this number did something. */
    public Stop stepBack(OptionalInt cpu) {
        return steps.back(cpu);
    }
}
