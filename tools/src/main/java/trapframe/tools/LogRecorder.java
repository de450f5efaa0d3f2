package trapframe.tools;

import java.nio.file.Path;
import java.util.function.Supplier;
import trapframe.gdb.RunRecorder;
import trapframe.timeline.RunDescription;
import trapframe.timeline.RunLog;

/**
 * Writes what a log has of a run as a recording.
 *
 * @param description of the run
 */
record LogRecorder(RunLog log, Supplier<RunDescription> description) implements RunRecorder {
    @Override
    public String describe() {
        return log.file().map(file -> "the run is being recorded to " + file).orElse("the run is not being recorded") + "; " + log.inputs()
                + (log.inputs() == 1 ? " input" : " inputs") + " so far (monitor record FILE writes a recording up to now)";
    }

    @Override
    public void write(Path file) {
        log.write(file, description.get(), BootResult.Ending.LEFT.id(), "was recorded up to here");
    }
}
