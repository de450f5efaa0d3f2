package trapframe.device.drive;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * A file that a drive has for itself, by an advisory lock: one writer, or any number of readers, in this process and others.
 *
 * <p>Locks of the host belong to the process, and closing any of its channels to a file gives them up. So there is one channel for each
 * file, which the readers of this process share.
 */
final class LockedFile implements HostFile {
    /** All that are open in this process; guarded by itself. */
    private static final List<LockedFile> OPEN = new ArrayList<>();

    private final String name;
    private final Object key;
    private final FileChannel channel;
    private final boolean writable;
    private int users = 1;

    private LockedFile(String name, Object key, FileChannel channel, boolean writable) {
        this.name = name;
        this.key = key;
        this.channel = channel;
        this.writable = writable;
    }

    /**
     * Opens a drive's file.
     *
     * @param writable whether nobody else may use it
     * @throws DriveException if that is impossible
     */
    static HostFile open(Path file, boolean writable) {
        if (Files.notExists(file)) {
            throw new DriveException(file + ": no such file");
        }
        if (Files.isDirectory(file)) {
            throw new DriveException(file + ": is a directory");
        }
        if (!Files.isRegularFile(file)) {
            throw new DriveException(file + ": is not a regular file");
        }
        try {
            synchronized (OPEN) {
                return openUnlisted(file, writable);
            }
        } catch (AccessDeniedException e) {
            throw new DriveException(file + ": permission denied"
                    + (writable && Files.isReadable(file) ? " to write (readonly or snapshot=on does without)" : ""));
        } catch (IOException e) {
            throw new DriveException(file + ": cannot be opened: " + e.getMessage());
        }
    }

    private static HostFile openUnlisted(Path file, boolean writable) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        Object identity = key == null ? file.toRealPath() : key;
        for (LockedFile open : OPEN) {
            if (open.key.equals(identity)) {
                if (writable || open.writable) {
                    throw inUse(file);
                }
                open.users++;
                return open;
            }
        }
        FileChannel channel = writable ? FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
                : FileChannel.open(file, StandardOpenOption.READ);
        boolean locked = false;
        try {
            locked = lock(channel, writable);
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw inUse(file);
        }
        LockedFile opened = new LockedFile(file.toString(), identity, channel, writable);
        OPEN.add(opened);
        return opened;
    }

    private static boolean lock(FileChannel channel, boolean exclusive) {
        try {
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, !exclusive);
            return lock != null;
        } catch (IOException e) {
            // A file system without locks: then nobody else has one either.
            return true;
        }
    }

    private static DriveException inUse(Path file) {
        return new DriveException(file + ": is in use by another machine");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long length() throws IOException {
        return channel.size();
    }

    @Override
    public void read(ByteBuffer into, long offset) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int count = channel.read(into, at);
            if (count < 0) {
                throw new EOFException("the file ends at " + channel.size());
            }
            at += count;
        }
    }

    @Override
    public void write(ByteBuffer from, long offset) throws IOException {
        long at = offset;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    @Override
    public void force() throws IOException {
        channel.force(false);
    }

    @Override
    public void setLength(long length) throws IOException {
        if (length < channel.size()) {
            channel.truncate(length);
        } else if (length > channel.size()) {
            channel.write(ByteBuffer.allocate(1), length - 1);
        }
    }

    @Override
    public void close() {
        synchronized (OPEN) {
            if (--users > 0) {
                return;
            }
            OPEN.remove(this);
        }
        try {
            channel.close();
        } catch (IOException e) {
            // What was to be durable was forced before.
        }
    }
}
