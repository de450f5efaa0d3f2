package trapframe.timeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.cpu.Observation;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** A machine to which inputs come as they did each time that it gets to their moments, and the checkpoints on its way. */
final class Course {
    /** In steps of as many positions a run leaves checkpoints where nobody looks closer. */
    private static final long SPACING = 8 * Machine.MARK;

    /** Nothing will happen. */
    static final long NEVER = Long.MAX_VALUE;

    private final Machine machine;
    private final boolean live;
    private final List<Recording.Applied> inputs;
    private final Checkpoints checkpoints;
    private Observation observation = Observation.NONE;
    private Optional<RunLog> log = Optional.empty();
    private int next;
    private Moment furthest;
    private volatile boolean interrupted;

    /** @param live whether a halted machine waits for input */
    Course(Machine machine, boolean live, List<Recording.Applied> inputs, long budget) {
        this.machine = machine;
        this.live = live;
        this.inputs = new ArrayList<>(inputs);
        machine.observe(Observation.NONE);
        checkpoints = new Checkpoints(checkpoint(), budget);
        furthest = now();
    }

    private Checkpoints.Checkpoint checkpoint() {
        return new Checkpoints.Checkpoint(machine.snapshot(), next);
    }

    Machine machine() {
        return machine;
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    List<Recording.Applied> inputs() {
        return List.copyOf(inputs);
    }

    /** From now on everything new is written down. */
    void log(RunLog kept) {
        log = Optional.of(kept);
    }

    Moment now() {
        return Moment.of(machine);
    }

    /** The last moment that is known. */
    Moment furthest() {
        return furthest;
    }

    /** Ends what goes on, and what begins until {@link #forgetInterrupt}; called by any thread. */
    void interrupt() {
        interrupted = true;
        machine.requestStop();
    }

    boolean isInterrupted() {
        return interrupted;
    }

    void forgetInterrupt() {
        interrupted = false;
        machine.forgetStopRequest();
    }

    /** Something comes to the machine now. What was known of the time after now is not true any more. */
    void apply(Input input) {
        while (inputs.size() > next) {
            inputs.removeLast();
        }
        checkpoints.forgetAfter(machine.clock().position());
        inputs.add(new Recording.Applied(now(), input));
        log.ifPresent(kept -> kept.input(input));
        next++;
        input.applyTo(machine);
        furthest = now();
    }

    /** Says what to stop for from here on. Other pages of memory can only be watched where the machine was just restored to. */
    void observe(Observation wanted) {
        if (!wanted.data().equals(observation.data())) {
            Moment here = now();
            restore(checkpoints.atOrBefore(here.position()), wanted);
            goOnTo(here, false);
        }
        observation = wanted;
        machine.observe(wanted);
    }

    /** Goes back, or ahead, to a checkpoint, to stop for something from there on. */
    void restore(Checkpoints.Checkpoint checkpoint, Observation wanted) {
        machine.restore(checkpoint.snapshot());
        next = checkpoint.next();
        observation = wanted;
        machine.observe(wanted);
    }

    /**
     * Goes to a moment, back or ahead; to the last one before it, or the first one behind, if it is not one of this run.
     *
     * @param interruptible whether an interrupt ends it on the way
     */
    StopReason travel(Moment target, boolean interruptible) {
        Checkpoints.Checkpoint nearest = checkpoints.atOrBefore(Math.max(target.position(), checkpoints.first().position()));
        if (target.isBefore(now()) || nearest.position() > now().position()) {
            restore(nearest, Observation.NONE);
        }
        return goOnTo(target, interruptible);
    }

    /** Goes on to a moment, behind what came at it, and stops for nothing else but an end of the run that nothing is known behind. */
    private StopReason goOnTo(Moment target, boolean interruptible) {
        Observation wanted = observation;
        Moment known = furthest;
        StopReason reason = new StopReason.PositionLimit();
        Moment before = null;
        while (now().isBefore(target) && !(interruptible && interrupted)
                && (isOnTheWay(reason) || now().isBefore(known) && !now().equals(before))) {
            before = now();
            boolean there = before.position() == target.position();
            machine.observe(new Observation(new long[0], wanted.data(), there));
            reason = run(there ? target.position() + 1 : target.position(), target.position());
        }
        machine.observe(wanted);
        // A checkpoint is older than what came at its position.
        applyInputs();
        return !isOnTheWay(reason) ? reason : now().isBefore(target) && interruptible && interrupted ? new StopReason.Interrupted()
                : new StopReason.PositionLimit();
    }

    /** Whether a run that stopped for this reason goes on, if nobody wants it to stop. */
    static boolean isOnTheWay(StopReason reason) {
        return reason instanceof StopReason.PositionLimit || reason instanceof StopReason.Observed || reason instanceof StopReason.Interrupted;
    }

    /**
     * Runs up to a position, or to something that is observed.
     *
     * @param attention a position before which checkpoints are close
     */
    StopReason run(long limit, long attention) {
        while (true) {
            boolean awaitsDelivery = applyInputs();
            long position = machine.clock().position();
            if (position >= limit) {
                return new StopReason.PositionLimit();
            }
            long stop = nextStop(position, limit);
            StopReason reason = awaitsDelivery ? runToDelivery() : machine.run(new RunLimits(stop, live));
            log.ifPresent(RunLog::look);
            if (furthest.isBefore(now())) {
                furthest = now();
            }
            if (reason instanceof StopReason.PositionLimit) {
                if (stop % Machine.MARK == 0 && now().deliveries() == 0) {
                    leaveCheckpoint(attention);
                }
            } else if (!(reason instanceof StopReason.Delivered) || observation.deliveries() || !awaitsDelivery) {
                return reason;
            }
        }
    }

    /** Applies the inputs of this moment. Returns whether the next one comes at this position behind a delivery. */
    private boolean applyInputs() {
        while (next < inputs.size() && !now().isBefore(inputs.get(next).moment())) {
            inputs.get(next++).input().applyTo(machine);
        }
        return next < inputs.size() && inputs.get(next).position() == machine.clock().position();
    }

    private StopReason runToDelivery() {
        machine.observe(observation.withDeliveries(true));
        StopReason reason = machine.run(new RunLimits(machine.clock().position() + 1, live));
        machine.observe(observation);
        return reason;
    }

    private long nextStop(long position, long limit) {
        long stop = Math.min(limit, Machine.markAfter(position));
        return next < inputs.size() ? Math.min(stop, inputs.get(next).position()) : stop;
    }

    /** The position of the next thing that could wake a machine that waits: an event in it, or an input. */
    long nextHappening() {
        long input = next < inputs.size() ? inputs.get(next).position() : NEVER;
        return Math.min(machine.nextEvent(), input);
    }

    private void leaveCheckpoint(long attention) {
        long position = machine.clock().position();
        long last = checkpoints.atOrBefore(position).position();
        long spacing = attention - position < SPACING ? Machine.MARK : SPACING;
        // The first boundary behind a mark may be some bytes behind it.
        if (position - last > spacing - Machine.MARK / 2) {
            checkpoints.add(checkpoint());
        }
    }
}
