package trapframe.timeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;

/**
 * A recording as a file that grows, so that what a killed process leaves is the recording up to there (it is cut off only where a debugger
 * makes another run of it): a {@link FirstLine}, and frames. A
 * frame is the length of its content and its CRC-32C, 32 bits each, highest byte first, and the content, one {@link Frame}.
 */
public final class RecordingFile implements AutoCloseable {
    private static final int HEAD = 2 * Integer.BYTES;
    /** The description of a run has the console input in it. */
    private static final int MAX_FRAME = 64 << 20;

    private sealed interface Frame {
        record Begins(RunDescription run) implements Frame { }

        record Happens(Recording.Event event) implements Frame { }

        record Ends(Recording.Ended ended) implements Frame { }
    }

    private static final Codec<Frame> FRAME = Codec.of(Frame.class);
    private static final FirstLine FIRST_LINE = FirstLine.of("recording", FRAME);

    private final Path file;
    private final FileChannel out;

    /**
     * Begins a file; one of that name is replaced.
     *
     * @throws TimelineException if it cannot be written
     */
    public RecordingFile(Path file, RunDescription run) {
        this(file, run, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /**
     * Begins a file where there is none.
     *
     * @throws TimelineException if it cannot be written, or there is one of that name
     */
    public static RecordingFile create(Path file, RunDescription run) {
        return new RecordingFile(file, run, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    private RecordingFile(Path file, RunDescription run, OpenOption... how) {
        this.file = file;
        try {
            out = FileChannel.open(file, how);
            write(FIRST_LINE.bytes());
        } catch (FileAlreadyExistsException e) {
            throw TimelineException.of(file, "is there already");
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
        append(new Frame.Begins(run));
    }

    /** The file's name as it was given. */
    public Path file() {
        return file;
    }

    /** How long the file is now. */
    long size() {
        try {
            return out.position();
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    /** Makes the file as it was when it had a size. */
    void truncate(long size) {
        try {
            out.truncate(size);
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    /** @throws TimelineException if the file cannot be written */
    public void append(Recording.Event event) {
        append(new Frame.Happens(event));
    }

    /** @throws TimelineException if the file cannot be written */
    public void end(Recording.Ended ended) {
        append(new Frame.Ends(ended));
    }

    private void append(Frame frame) {
        byte[] content = FRAME.toBytes(frame);
        if (content.length > MAX_FRAME) {
            throw TimelineException.of(file, "cannot take so much: " + (content.length >> 20) + " MiB at once");
        }
        try {
            write(ByteBuffer.allocate(HEAD + content.length).putInt(content.length).putInt(checksum(content)).put(content).array());
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            out.write(rest);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    /**
     * Reads a recording.
     *
     * @throws TimelineException if it cannot be read, is none, or is damaged elsewhere than at its end
     */
    public static Recording read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            FIRST_LINE.check(in, file);
            return read(in);
        } catch (DamagedException e) {
            throw TimelineException.of(file, "is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be read", e);
        }
    }

    private static Recording read(InputStream in) throws IOException {
        if (!(next(in).orElseThrow(() -> new DamagedException("it does not say what was recorded")) instanceof Frame.Begins begin)) {
            throw new DamagedException("it does not begin with what was recorded");
        }
        List<Recording.Event> events = new ArrayList<>();
        Optional<Recording.Ended> ended = Optional.empty();
        for (Optional<Frame> frame = next(in); frame.isPresent(); frame = next(in)) {
            if (ended.isPresent()) {
                throw new DamagedException("it goes on behind its end");
            }
            switch (frame.get()) {
                case Frame.Begins _ -> throw new DamagedException("it begins twice");
                case Frame.Happens happens -> events.add(happens.event);
                case Frame.Ends end -> ended = Optional.of(end.ended);
            }
        }
        try {
            return new Recording(begin.run, events, ended);
        } catch (IllegalArgumentException e) {
            throw new DamagedException(e.getMessage());
        }
    }

    /** The next frame, or nothing where the file ends, be it in the middle of a frame. */
    private static Optional<Frame> next(InputStream in) throws IOException {
        byte[] head = in.readNBytes(HEAD);
        if (head.length < HEAD) {
            return Optional.empty();
        }
        int length = ByteBuffer.wrap(head).getInt();
        if (length < 0 || length > MAX_FRAME) {
            throw new DamagedException("a length is out of its range");
        }
        byte[] content = in.readNBytes(length);
        if (content.length < length) {
            return Optional.empty();
        }
        if (checksum(content) != ByteBuffer.wrap(head).getInt(Integer.BYTES)) {
            throw new DamagedException("a checksum is wrong");
        }
        return Optional.of(FRAME.fromBytes(content));
    }

    private static int checksum(byte[] content) {
        CRC32C checksum = new CRC32C();
        checksum.update(content);
        return (int) checksum.getValue();
    }
}
