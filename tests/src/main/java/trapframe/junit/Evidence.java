package trapframe.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trapframe.harness.Session;
import trapframe.timeline.TimelineException;

/**
 * Where the recording of a failed run goes.
 *
 * @param file in the build folder, of a name that only this guest has
 */
record Evidence(Path file) {
    /**
     * Writes the recording.
     *
     * @return how to replay it, or why that cannot be
     */
    String record(Session session, String headline) {
        if (session.setup().image().file().name().startsWith(Plan.RESOURCE)) {
            return "not possible: the image is a resource, and a recording names its file";
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            session.record(file, "failed a test: " + headline);
            return "trapframe replay " + file;
        } catch (TimelineException | IOException e) {
            return "not possible: " + e.getMessage();
        }
    }

    /** Removes what an earlier run of the test left. */
    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
