package trapframe.timeline;

import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;

/**
 * A recording as a {@link FrameFile}, so that what a killed process leaves is the recording up to there. It is cut off only where a debugger
 * makes another run of it.
 */
public final class RecordingFile implements AutoCloseable {
    private sealed interface Frame {
        record Begins(RunDescription run) implements Frame { }

        record Happens(Recording.Event event) implements Frame { }

        record Ends(Recording.Ended ended) implements Frame { }
    }

    private static final FrameFile.Format<Frame> FORMAT = new FrameFile.Format<>("recording", Codec.of(Frame.class));

    private final FrameFile<Frame> out;

    /**
     * Begins a file; one of that name is replaced.
     *
     * @throws TimelineException if it cannot be written
     */
    public RecordingFile(Path file, RunDescription run) {
        this(file, run, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /**
     * Begins a file where there is none.
     *
     * @throws TimelineException if it cannot be written, or there is one of that name
     */
    public static RecordingFile create(Path file, RunDescription run) {
        return new RecordingFile(file, run, StandardOpenOption.CREATE_NEW);
    }

    private RecordingFile(Path file, RunDescription run, OpenOption... how) {
        out = new FrameFile<>(FORMAT, file, how);
        out.append(new Frame.Begins(run));
    }

    /** The file's name as it was given. */
    public Path file() {
        return out.file();
    }

    /** How long the file is now. */
    long size() {
        return out.size();
    }

    /** Makes the file as it was when it had a size. */
    void truncate(long size) {
        out.truncate(size);
    }

    /** @throws TimelineException if the file cannot be written */
    public void append(Recording.Event event) {
        out.append(new Frame.Happens(event));
    }

    /** @throws TimelineException if the file cannot be written */
    public void end(Recording.Ended ended) {
        out.append(new Frame.Ends(ended));
    }

    @Override
    public void close() {
        out.close();
    }

    /**
     * Reads a recording.
     *
     * @throws TimelineException if it cannot be read, is none, or is damaged elsewhere than at its end
     */
    public static Recording read(Path file) {
        Parts parts = new Parts();
        FORMAT.read(file, parts::add);
        try {
            return parts.recording();
        } catch (DamagedException e) {
            throw TimelineException.of(file, "is damaged: " + e.getMessage());
        }
    }

    /** What the frames say. */
    private static final class Parts {
        private RunDescription run;
        private final List<Recording.Event> events = new ArrayList<>();
        private Optional<Recording.Ended> ended = Optional.empty();

        void add(Frame frame) {
            if (run == null && !(frame instanceof Frame.Begins)) {
                throw new DamagedException("it does not begin with what was recorded");
            }
            if (ended.isPresent()) {
                throw new DamagedException("it goes on behind its end");
            }
            switch (frame) {
                case Frame.Begins begins when run == null -> run = begins.run;
                case Frame.Begins _ -> throw new DamagedException("it begins twice");
                case Frame.Happens happens -> events.add(happens.event);
                case Frame.Ends end -> ended = Optional.of(end.ended);
            }
        }

        Recording recording() {
            if (run == null) {
                throw new DamagedException("it does not say what was recorded");
            }
            try {
                return new Recording(run, events, ended);
            } catch (IllegalArgumentException e) {
                throw new DamagedException(e.getMessage());
            }
        }
    }
}
