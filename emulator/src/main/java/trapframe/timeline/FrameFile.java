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
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import trapframe.codec.Codec;
import trapframe.codec.DamagedException;

/**
 * A file that grows, so that what a killed process leaves is the file up to there: a {@link FirstLine}, and frames. A frame is the length of its
 * content and its CRC-32C, 32 bits each, highest byte first, and the content, one value.
 *
 * @param <F> what a frame holds
 */
public final class FrameFile<F> implements AutoCloseable {
    private static final int HEAD = 2 * Integer.BYTES;
    /** The description of a run has the console input in it. */
    private static final int MAX_FRAME = 64 << 20;

    /** Files of one kind: what their first lines say, and what their frames hold. */
    public static final class Format<F> {
        private final Codec<F> frame;
        private final FirstLine firstLine;

        /** @param kind one word */
        public Format(String kind, Codec<F> frame) {
            this.frame = frame;
            firstLine = FirstLine.of(kind, frame);
        }

        /**
         * Whether a file holds nothing, since who made it was killed before the end of the first line.
         *
         * @throws TimelineException if it cannot be read
         */
        public boolean isBarelyBegun(Path file) {
            byte[] line = firstLine.bytes();
            try (InputStream in = Files.newInputStream(file)) {
                byte[] start = in.readNBytes(line.length);
                return start.length < line.length && Arrays.equals(start, Arrays.copyOf(line, start.length));
            } catch (IOException e) {
                throw TimelineException.of(file, "cannot be read", e);
            }
        }

        /**
         * Reads a file.
         *
         * @param frames is given each frame; what it says of one by a {@link DamagedException} is said of the file
         * @return how long the file is up to the end of its last whole frame
         * @throws TimelineException if it cannot be read, is none, or is damaged elsewhere than at its end
         */
        public long read(Path file, Consumer<F> frames) {
            try (InputStream in = Files.newInputStream(file)) {
                firstLine.check(in, file);
                long length = firstLine.bytes().length;
                for (Optional<byte[]> content = next(in); content.isPresent(); content = next(in)) {
                    frames.accept(frame.fromBytes(content.get()));
                    length += HEAD + content.get().length;
                }
                return length;
            } catch (DamagedException e) {
                throw TimelineException.of(file, "is damaged: " + e.getMessage());
            } catch (IOException e) {
                throw TimelineException.of(file, "cannot be read", e);
            }
        }
    }

    private final Format<F> format;
    private final Path file;
    private final FileChannel out;

    /**
     * Begins a file.
     *
     * @param how beside writing: which files may be there
     * @throws TimelineException if it cannot be written
     */
    public FrameFile(Format<F> format, Path file, OpenOption... how) {
        this(format, file, how, 0);
        try {
            write(format.firstLine.bytes());
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    private FrameFile(Format<F> format, Path file, OpenOption[] how, long length) {
        this.format = format;
        this.file = file;
        OpenOption[] options = Arrays.copyOf(how, how.length + 1);
        options[how.length] = StandardOpenOption.WRITE;
        try {
            out = FileChannel.open(file, options);
            out.position(length);
        } catch (FileAlreadyExistsException e) {
            throw TimelineException.of(file, "is there already");
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    /**
     * Goes on with a file.
     *
     * @param length what {@link Format#read} returned: what lies behind is cut off
     * @throws TimelineException if it cannot be written
     */
    public static <F> FrameFile<F> resume(Format<F> format, Path file, long length) {
        FrameFile<F> resumed = new FrameFile<>(format, file, new OpenOption[0], length);
        resumed.truncate(length);
        return resumed;
    }

    /** The file's name as it was given. */
    public Path file() {
        return file;
    }

    /** @throws TimelineException if the file cannot be written */
    public void append(F frame) {
        byte[] content = format.frame.toBytes(frame);
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

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw TimelineException.of(file, "cannot be written", e);
        }
    }

    /** The content of the next frame, or nothing where the file ends, be it in the middle of a frame. */
    private static Optional<byte[]> next(InputStream in) throws IOException {
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
        return Optional.of(content);
    }

    private static int checksum(byte[] content) {
        CRC32C checksum = new CRC32C();
        checksum.update(content);
        return (int) checksum.getValue();
    }
}
