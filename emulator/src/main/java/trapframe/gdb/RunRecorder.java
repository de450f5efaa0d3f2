package trapframe.gdb;

import java.nio.file.Path;

/** Writes recordings of the run that a client debugs. */
public interface RunRecorder {
    /** In a sentence, what is being recorded. */
    String describe();

    /**
     * Writes a recording of the run up to now.
     *
     * @param file one that is not there yet
     * @throws trapframe.timeline.TimelineException if it cannot be written, or there can be no recording of this run
     */
    void write(Path file);
}
