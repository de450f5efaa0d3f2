package trapframe.timeline;

import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Runs a machine, and brings to it what comes from outside. */
public interface Runner {
    /** Runs as {@link Machine#run} does. */
    StopReason run(RunLimits limits);

    /** Something comes to the machine, at its position. */
    void apply(Input input);

    /** Runs a machine, and keeps nothing of it. */
    static Runner of(Machine machine) {
        return new Runner() {
            @Override
            public StopReason run(RunLimits limits) {
                return machine.run(limits);
            }

            @Override
            public void apply(Input input) {
                input.applyTo(machine);
            }
        };
    }
}
