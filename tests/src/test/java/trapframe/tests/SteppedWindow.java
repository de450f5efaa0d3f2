package trapframe.tests;

import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Observes a run as closely as can be, and must leave no trace: a window of it in single steps. */
final class SteppedWindow {
    static final int STEPS = 10_000;

    private SteppedWindow() { }

    /** Runs freely to a position, then steps at each boundary, then runs freely to the end. */
    static StopReason run(Machine machine, long position, RunLimits limits) {
        StopReason reason = machine.run(new RunLimits(position));
        for (int i = 0; i < STEPS && reason instanceof StopReason.PositionLimit; i++) {
            reason = machine.run(new RunLimits(machine.clock().position() + 1));
        }
        return reason instanceof StopReason.PositionLimit ? machine.run(limits) : reason;
    }
}
