package trapframe.timeline;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.cpu.Observation;
import trapframe.cpu.Observer;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/** Goes from one moment of a {@link Course} to the next, or to the one before. */
final class Steps {
    /** Positions in front of a moment that are searched for the instruction before it; four times more each time that it is not there. */
    private static final int NEAR = 64;

    private final Course course;
    private final Machine machine;

    Steps(Course course) {
        this.course = course;
        machine = course.machine();
    }

    /** On until a CPU, or any, has executed an instruction or taken an interrupt or exception; or something has been accessed. */
    Stop forwards(OptionalInt cpu, List<Watch> data) {
        course.observe(new Observation(new long[0], data, true));
        StopReason reason = once();
        while (isOnTheWay(reason) && !(reason instanceof StopReason.Watchpoint) && !wasExecutor(cpu)) {
            reason = once();
        }
        return reason instanceof StopReason.Watchpoint ? stop(reason) : ending(reason, new Stop.Step(machine.cpuOnTurn().number()));
    }

    private boolean wasExecutor(OptionalInt cpu) {
        return cpu.isEmpty() || cpu.getAsInt() == machine.cpuOnTurn().number();
    }

    /** To the next moment, on a course that stops at deliveries. */
    private StopReason once() {
        long executed = executed();
        while (!course.isInterrupted()) {
            StopReason reason = course.run(course.now().position() + 1, course.now().position());
            if (!(reason instanceof StopReason.PositionLimit) || executed() != executed) {
                return reason;
            }
            long happens = course.nextHappening();
            if (happens == Course.NEVER) {
                return new StopReason.HaltedForGood();
            }
            course.run(happens, happens);
        }
        return new StopReason.Interrupted();
    }

    private long executed() {
        return machine.clock().position() - machine.skippedPositions();
    }

    /** Back to the last moment before now behind which a CPU, or any, did something. */
    Stop back(OptionalInt cpu) {
        Moment origin = course.now();
        Stop stop = backFrom(origin, cpu);
        if (stop instanceof Stop.Interrupted) {
            course.travel(origin, false);
        }
        return stop;
    }

    private Stop backFrom(Moment until, OptionalInt cpu) {
        Moment start = course.checkpoints().first().moment();
        for (long distance = NEAR; start.isBefore(until); ) {
            long from = Math.max(start.position(), until.position() - distance);
            course.travel(Moment.at(from), true);
            long waitingSince = machine.waitingSince();
            Walk walk = walkTo(until, cpu);
            if (course.isInterrupted()) {
                return new Stop.Interrupted();
            }
            if (walk.last.isPresent()) {
                return ending(course.travel(walk.last.get(), true), new Stop.Step(cpu.orElse(machine.cpuOnTurn().number())));
            }
            if (from == start.position()) {
                break;
            }
            distance = walk.beganWaiting ? until.position() - waitingSince + NEAR : 4 * distance;
        }
        return ending(course.travel(start, true), new Stop.Start());
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
        while (course.now().isBefore(until)) {
            Moment before = course.now();
            long skipped = machine.skippedPositions();
            StopReason reason = once();
            boolean waited = machine.skippedPositions() != skipped && machine.waitingSince() < before.position();
            beganWaiting |= waited;
            if (!waited && wasExecutor(cpu)) {
                last = Optional.of(before);
            }
            if (!Course.isOnTheWay(reason) && course.now().equals(before) || course.isInterrupted()) {
                break;
            }
        }
        return new Walk(last, beganWaiting);
    }

    private static boolean isOnTheWay(StopReason reason) {
        return Course.isOnTheWay(reason) && !(reason instanceof StopReason.Interrupted);
    }

    /** What a way to somewhere ended with, or what is there. */
    static Stop ending(StopReason reason, Stop otherwise) {
        return isOnTheWay(reason) ? otherwise : stop(reason);
    }

    static Stop stop(StopReason reason) {
        return switch (reason) {
            case StopReason.Breakpoint(int cpu, long address) -> new Stop.Breakpoint(cpu, address);
            case StopReason.Watchpoint(int cpu, Observer.Hit hit) -> new Stop.Watchpoint(cpu, hit.watch(), hit.address(), hit.write());
            case StopReason.Delivered(int cpu) -> new Stop.Step(cpu);
            case StopReason.Returned(int cpu) -> new Stop.Step(cpu);
            case StopReason.PositionLimit() -> new Stop.Position();
            case StopReason.Interrupted() -> new Stop.Interrupted();
            case StopReason.GuestExit _, StopReason.Reset _, StopReason.PowerOff _, StopReason.TripleFault _, StopReason.HaltedForGood _ ->
                    new Stop.End(reason);
        };
    }
}
