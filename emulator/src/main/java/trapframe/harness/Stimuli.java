package trapframe.harness;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import trapframe.explore.Schedule;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.Runner;

/** Runs a guest's machine, and brings to it what comes from outside: what somebody does, and the steps of a schedule. */
final class Stimuli implements Runner {
    private final Machine machine;
    private final Runnable marks;
    private final List<Recording.Applied> inputs = new ArrayList<>();
    private final Deque<Schedule.Step> coming = new ArrayDeque<>();
    private Schedule came = Schedule.NONE;

    /** @param marks what is done at each mark that the machine was sent to */
    Stimuli(Machine machine, Runnable marks) {
        this.machine = machine;
        this.marks = marks;
    }

    /** All that came to the machine, in order. */
    List<Recording.Applied> inputs() {
        return inputs;
    }

    /** The machine was restored to where this had come to it. */
    void restore(List<Recording.Applied> before) {
        inputs.clear();
        inputs.addAll(before);
    }

    /** From now on the steps of a schedule come on the way, and no others. */
    void announce(Schedule schedule) {
        coming.clear();
        coming.addAll(schedule.steps());
        came = Schedule.NONE;
    }

    /** The next step that did not come yet, if there is one. */
    Optional<Schedule.Step> next() {
        return Optional.ofNullable(coming.peek());
    }

    /** The steps that came, with interrupts as the stalls that they were. */
    Schedule came() {
        return came;
    }

    @Override
    public StopReason run(RunLimits limits) {
        StopReason reason = machine.run(limits);
        if (reason instanceof StopReason.PositionLimit && limits.position() % Machine.MARK == 0) {
            marks.run();
        }
        return reason;
    }

    @Override
    public void apply(Input input) {
        inputs.add(new Recording.Applied(Moment.of(machine), input));
        input.applyTo(machine);
    }

    /**
     * Runs until all steps have come that are due within limits.
     *
     * @return how it stopped: at a position, if nothing else came of it
     * @throws NothingCame if one of them cannot come
     */
    StopReason runThroughSteps(RunLimits limits) {
        StopReason reason = new StopReason.PositionLimit();
        while (!coming.isEmpty() && coming.peek().position() < limits.position()) {
            if (coming.peek().position() > machine.clock().position()) {
                reason = run(new RunLimits(coming.peek().position(), limits.liveInput()));
            }
            if (!(reason instanceof StopReason.PositionLimit)) {
                return reason;
            }
            come(coming.remove().action());
        }
        return reason;
    }

    private void come(Schedule.Action action) {
        Moment moment = Moment.of(machine);
        Schedule.Action what = action.comeTo(machine, this).orElseThrow(() -> new NothingCame(moment.position()));
        if (what.equals(new Schedule.Action.Stall(0))) {
            return;
        }
        came = came.with(new Schedule.Step(moment.position(), what));
        if (action instanceof Schedule.Action.Interrupt && what instanceof Schedule.Action.Stall(long positions)) {
            inputs.add(new Recording.Applied(moment, new Input.Stall(positions)));
        }
    }
}
