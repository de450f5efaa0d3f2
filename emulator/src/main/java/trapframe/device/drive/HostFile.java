package trapframe.device.drive;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What a drive needs of a file of the host. Its methods may fail at any time, and tests make them. */
public interface HostFile extends AutoCloseable {
    /** The name, for people. */
    String name();

    /** The length in bytes. */
    long length() throws IOException;

    /** Fills the rest of a buffer from an offset on; fails if the file ends before. */
    void read(ByteBuffer into, long offset) throws IOException;

    /** Writes the rest of a buffer at an offset, in whole sectors. */
    void write(ByteBuffer from, long offset) throws IOException;

    /** Makes what was written durable. */
    void force() throws IOException;

    /** Makes the file longer or shorter. */
    void setLength(long length) throws IOException;

    @Override
    void close();
}
