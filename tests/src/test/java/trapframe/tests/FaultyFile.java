package trapframe.tests;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import trapframe.device.drive.Drive;
import trapframe.device.drive.HostFile;

/** A file of zeros of the host that has one sector which cannot be read, or no room for anything that is written. */
final class FaultyFile implements HostFile {
    private final Path name;
    private final byte[] content;
    private final long badSector;
    private final boolean full;

    private FaultyFile(Path name, int bytes, long badSector, boolean full) {
        this.name = name;
        content = new byte[bytes];
        this.badSector = badSector;
        this.full = full;
    }

    static FaultyFile withBadSector(Path name, int bytes, long sector) {
        return new FaultyFile(name, bytes, sector, false);
    }

    static FaultyFile full(Path name, int bytes) {
        return new FaultyFile(name, bytes, -1, true);
    }

    @Override
    public String name() {
        return name.getFileName().toString();
    }

    @Override
    public long length() {
        return content.length;
    }

    @Override
    public void read(ByteBuffer into, long offset) throws IOException {
        long at = badSector * Drive.SECTOR;
        if (badSector >= 0 && offset <= at && at < offset + into.remaining()) {
            throw new IOException("Input/output error");
        }
        into.put(content, (int) offset, into.remaining());
    }

    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
        if (full) {
            throw new IOException("No space left on device");
        }
        from.get(content, (int) offset, from.remaining());
    }

    @Override
    public void force() {
        // Nothing is behind the array.
    }

    @Override
    public void setLength(long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        // Nothing to give back.
    }
}
