package trapframe.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Supplier;

/** A file that a client may read over its connection. */
public interface RemoteFile {
    /** What the client knows it by: an absolute path. */
    String path();

    /**
     * Reads into a buffer from an offset on, as much as there is and fits; -1 at the end.
     *
     * @throws IOException if it cannot be read
     */
    int read(ByteBuffer into, long offset) throws IOException;

    /** A file of the host. */
    static RemoteFile of(Path file) {
        return new RemoteFile() {
            @Override
            public String path() {
                return file.toAbsolutePath().toString();
            }

            @Override
            public int read(ByteBuffer into, long offset) throws IOException {
                try (FileChannel channel = FileChannel.open(file)) {
                    return channel.read(into, offset);
                }
            }
        };
    }

    /** One that is nowhere on the host; its content is made when it is read first. */
    static RemoteFile made(String path, Supplier<byte[]> maker) {
        return new RemoteFile() {
            private byte[] content;

            @Override
            public String path() {
                return path;
            }

            @Override
            public int read(ByteBuffer into, long offset) {
                content = content == null ? maker.get() : content;
                if (offset >= content.length) {
                    return -1;
                }
                int count = Math.min(into.remaining(), content.length - (int) offset);
                into.put(content, (int) offset, count);
                return count;
            }
        };
    }
}
