package trapframe.boot;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

import trapframe.memory.GuestMemory;

/**
 * The bytes of a file that goes into the guest, a kernel or a module, read once: a file rebuilt while a machine runs
 * changes nothing for it. Values are little-endian and may be unaligned; every read is checked against the length, and
 * one past the end is a {@link BootException} that says the file is truncated.
 */
public final class ImageFile {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** What one read into a byte buffer can take at most. */
    private static final long READ_CHUNK = 1 << 30;

    private final String name;
    private final MemorySegment bytes;

    private ImageFile(String name, MemorySegment bytes) {
        this.name = name;
        this.bytes = bytes.asReadOnly();
    }

    /**
     * Reads a file.
     *
     * @throws BootException if it does not exist, is not a regular file, cannot be read, is empty, or is larger than
     *                       the most RAM that a machine can have
     */
    public static ImageFile open(Path path) {
        String name = path.toString();
        if (!Files.exists(path)) {
            throw new BootException(name, "no such file");
        }
        if (Files.isDirectory(path)) {
            throw new BootException(name, "is a directory");
        }
        if (!Files.isRegularFile(path)) {
            throw new BootException(name, "is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            long size = channel.size();
            if (size > GuestMemory.MAX_SIZE) {
                throw new BootException(name, "has " + size + " bytes, more than the most memory a machine can have");
            }
            MemorySegment content = Arena.ofAuto().allocate(size);
            long at = 0;
            while (at < size) {
                int n = channel.read(content.asSlice(at, Math.min(READ_CHUNK, size - at)).asByteBuffer());
                if (n < 0) {
                    throw new BootException(name, "became shorter while it was read");
                }
                at += n;
            }
            return of(name, content);
        } catch (AccessDeniedException e) {
            throw new BootException(name, "no permission to read it");
        } catch (IOException e) {
            throw new BootException(name, "cannot be read: " + e.getMessage());
        }
    }

    /**
     * A file that is in memory already.
     *
     * @throws BootException if there are no bytes
     */
    public static ImageFile of(String name, byte[] bytes) {
        return of(name, MemorySegment.ofArray(bytes.clone()));
    }

    private static ImageFile of(String name, MemorySegment content) {
        if (content.byteSize() == 0) {
            throw new BootException(name, "is empty");
        }
        return new ImageFile(name, content);
    }

    /** The name as the user gave it, for messages. */
    public String name() {
        return name;
    }

    /**
     * The last part of the name, which is what a guest may see: where the file lies on the host must not change a run.
     */
    public String baseName() {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    public long length() {
        return bytes.byteSize();
    }

    /** The content, read-only. */
    public MemorySegment segment() {
        return bytes;
    }

    BootException bad(String problem) {
        return new BootException(name, problem);
    }

    boolean contains(long offset, long size) {
        return offset >= 0 && size >= 0 && offset <= length() - size;
    }

    /** Refuses a range that is not wholly in the file. Both numbers are unsigned. */
    void require(String what, long offset, long size) {
        if (!contains(offset, size)) {
            throw bad("is truncated or damaged: " + what + " at offset " + Hex.of(offset) + " has "
                    + Long.toUnsignedString(size) + " bytes, the file has " + length());
        }
    }

    int u8(long offset) {
        require("a field", offset, Byte.BYTES);
        return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    int u16(long offset) {
        require("a field", offset, Short.BYTES);
        return bytes.get(SHORT, offset) & 0xffff;
    }

    int i32(long offset) {
        require("a field", offset, Integer.BYTES);
        return bytes.get(INT, offset);
    }

    long u32(long offset) {
        return Integer.toUnsignedLong(i32(offset));
    }

    /** The 64 bits as they are: what a field of 2^63 and more means is for the caller to refuse. */
    long u64(long offset) {
        require("a field", offset, Long.BYTES);
        return bytes.get(LONG, offset);
    }

    /** Whether the file has these bytes, given as Latin-1 characters, at the offset. */
    boolean has(long offset, String magic) {
        if (!contains(offset, magic.length())) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if (u8(offset + i) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the bytes, given as Latin-1 characters, are somewhere in a range, which the caller has checked. */
    boolean find(String text, long offset, long size) {
        byte first = (byte) text.charAt(0);
        for (long at = offset; at <= offset + size - text.length(); at++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, at) == first && has(at, text)) {
                return true;
            }
        }
        return false;
    }

    /** Copies a range, which the caller has checked, into RAM. */
    void copyTo(GuestMemory ram, long address, long offset, long size) {
        if (size > 0) {
            ram.write(address, bytes.asSlice(offset, size));
        }
    }
}
