package trapframe.explore;

import java.util.List;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Input;
import trapframe.timeline.Recording;
import trapframe.timeline.Runner;

/** Runs a subject's machine, and brings to it what comes to the subject behind its beginning. The machine may be restored in between. */
final class GivenInputs implements Runner {
    private final Machine machine;
    private final List<Recording.Applied> inputs;
    private final boolean live;
    private int next;
    /** Where the machine was left; one that is elsewhere was restored, to before what came at that position. */
    private long left;

    GivenInputs(Machine machine, Subject subject) {
        this.machine = machine;
        inputs = subject.begin().map(Subject.Begin::inputs).orElse(List.of());
        live = subject.opener().live();
        left = position();
    }

    @Override
    public StopReason run(RunLimits limits) {
        if (position() != left) {
            next = (int) inputs.stream().takeWhile(input -> input.position() < position()).count();
        }
        StopReason reason;
        do {
            while (next < inputs.size() && inputs.get(next).position() <= position() && position() < limits.position()) {
                inputs.get(next++).input().applyTo(machine);
            }
            long stop = next < inputs.size() ? Math.min(inputs.get(next).position(), limits.position()) : limits.position();
            reason = machine.run(new RunLimits(stop, live || limits.liveInput()));
        } while (reason instanceof StopReason.PositionLimit && position() < limits.position());
        left = position();
        return reason;
    }

    @Override
    public void apply(Input input) {
        input.applyTo(machine);
        left = position();
    }

    private long position() {
        return machine.clock().position();
    }
}
