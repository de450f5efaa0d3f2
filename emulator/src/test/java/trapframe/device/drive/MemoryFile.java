package trapframe.device.drive;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongPredicate;

/** A file that is an array, and fails where a test wants it to. */
public final class MemoryFile implements HostFile {
    /** What every read and write of a range of the file starts with. */
    public interface Fault {
        void at(long offset, long length) throws IOException;
    }

    public byte[] content;
    public Fault onRead = (offset, length) -> { };
    public Fault onWrite = (offset, length) -> { };
    public Fault onForce = (offset, length) -> { };
    public int writes;
    public int forces;
    public boolean closed;

    public MemoryFile(int sectors) {
        content = new byte[sectors * Drive.SECTOR];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / Drive.SECTOR * 7 + i);
        }
    }

    /** Fails each access to one sector. */
    public static Fault badSector(long sector) {
        return badSectors(number -> number == sector);
    }

    public static Fault badSectors(LongPredicate bad) {
        return (offset, length) -> {
            for (long sector = offset / Drive.SECTOR; sector * Drive.SECTOR < offset + length; sector++) {
                if (bad.test(sector)) {
                    throw new IOException("Input/output error at sector " + sector);
                }
            }
        };
    }

    public static Fault always(String message) {
        return (offset, length) -> {
            throw new IOException(message);
        };
    }

    public static Fault never() {
        return (offset, length) -> { };
    }

    @Override
    public String name() {
        return "memory.img";
    }

    @Override
    public synchronized long length() {
        return content.length;
    }

    @Override
    public synchronized void read(ByteBuffer into, long offset) throws IOException {
        onRead.at(offset, into.remaining());
        if (offset + into.remaining() > content.length) {
            throw new EOFException("the file ends at " + content.length);
        }
        into.put(content, (int) offset, into.remaining());
    }

    @Override
    public synchronized void write(ByteBuffer from, long offset) throws IOException {
        onWrite.at(offset, from.remaining());
        writes++;
        from.get(content, (int) offset, from.remaining());
    }

    @Override
    public synchronized void force() throws IOException {
        onForce.at(0, content.length);
        forces++;
    }

    @Override
    public synchronized void setLength(long length) {
        content = Arrays.copyOf(content, (int) length);
    }

    public synchronized byte[] sectors(int first, int count) {
        return Arrays.copyOfRange(content, first * Drive.SECTOR, (first + count) * Drive.SECTOR);
    }

    @Override
    public void close() {
        closed = true;
    }
}
