package trapframe.timeline;

import java.util.Optional;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Runs a machine from its first instruction on, and writes down what comes to it, and hashes of its state on the way. */
public final class Recorder implements Runner, AutoCloseable {
    private final Machine machine;
    private final RunLog log;

    /**
     * @param machine as it was made, before it ran
     * @param file    to write to; closed with this
     */
    public Recorder(Machine machine, RecordingFile file) {
        this(machine, new RunLog(machine, Optional.of(file)));
    }

    /** @param log of the machine, before it ran; closed with this */
    public Recorder(Machine machine, RunLog log) {
        this.machine = machine;
        this.log = log;
    }

    @Override
    public StopReason run(RunLimits limits) {
        while (true) {
            StopReason reason = machine.run(new RunLimits(Math.min(limits.position(), log.nextHash()), limits.liveInput()));
            log.look();
            if (!(reason instanceof StopReason.PositionLimit) || machine.clock().position() >= limits.position()) {
                return reason;
            }
        }
    }

    @Override
    public void apply(Input input) {
        log.input(input);
        input.applyTo(machine);
    }

    /**
     * The run is over.
     *
     * @param ending what the recording calls it
     * @param detail what it says of it to people
     */
    public void end(StopReason reason, String ending, String detail) {
        log.end(reason, ending, detail);
    }

    @Override
    public void close() {
        log.close();
    }
}
