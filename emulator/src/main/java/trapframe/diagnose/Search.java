package trapframe.diagnose;

import trapframe.diagnose.flow.Tracer;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Runner;

/**
 * Follows what a machine executes, instruction by instruction, to see whether it proves a hang. The run is the one that it would be without.
 *
 * @param <F> what is found
 */
abstract sealed class Search<F> permits InterruptSearch, SpinSearch, TickSearch {
    /** What came of a search. */
    sealed interface Outcome<F> { }

    record Found<F>(F found) implements Outcome<F> { }

    record NotFound<F>(String why) implements Outcome<F> { }

    record Stopped<F>(StopReason reason) implements Outcome<F> { }

    final Machine machine;
    final RunLimits limits;
    final Tracer tracer;
    private int executed;

    Search(Machine machine, Runner runner, RunLimits limits) {
        this.machine = machine;
        this.limits = limits;
        tracer = new Tracer(machine, runner, limits.liveInput());
    }

    /** How many instructions were followed. */
    final int steps() {
        return executed;
    }

    /** @param most instructions that may be followed */
    final Outcome<F> search(int most) {
        try (tracer) {
            return follow(most);
        }
    }

    abstract Outcome<F> follow(int most);

    /** Whether another instruction may be followed. */
    final boolean goesOn(int most) {
        return executed < most && machine.clock().position() < limits.position();
    }

    final void count() {
        executed++;
    }

    /** When the tracer had no next step. */
    final Outcome<F> lost() {
        return tracer.stopped().<Outcome<F>>map(Stopped::new).orElseGet(() -> new NotFound<>(tracer.unknown()));
    }
}
