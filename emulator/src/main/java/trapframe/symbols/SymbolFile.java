package trapframe.symbols;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bytes of a file of symbols. A small file is read, so that it may be built anew while it is in use; a big one, a vmlinux with
 * debug information for instance, is mapped, and only what is asked for is ever read.
 *
 * @param name as the user gave it, for messages
 */
record SymbolFile(String name, MemorySegment bytes) {
    private static final long READ_AT_MOST = 64 << 20;

    /**
     * @throws SymbolsException if it is not a regular file that can be read, or is empty
     */
    static SymbolFile open(Path path) {
        String name = path.toString();
        if (!Files.exists(path)) {
            throw SymbolsException.of(name, "no such file");
        }
        if (Files.isDirectory(path)) {
            throw SymbolsException.of(name, "is a directory");
        }
        if (!Files.isRegularFile(path)) {
            throw SymbolsException.of(name, "is not a regular file");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.size() <= READ_AT_MOST ? of(name, Files.readAllBytes(path))
                    : new SymbolFile(name, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        } catch (AccessDeniedException e) {
            throw SymbolsException.of(name, "no permission to read it");
        } catch (IOException e) {
            throw SymbolsException.of(name, "cannot be read: " + e.getMessage());
        }
    }

    static SymbolFile of(String name, byte[] content) {
        if (content.length == 0) {
            throw SymbolsException.of(name, "is empty");
        }
        MemorySegment bytes = Arena.ofAuto().allocate(content.length);
        bytes.copyFrom(MemorySegment.ofArray(content));
        return new SymbolFile(name, bytes.asReadOnly());
    }

    SymbolsException bad(String problem) {
        return SymbolsException.of(name, problem);
    }

    /** A part of the file under a name. Offset and size are unsigned. */
    Section section(String title, long address, long offset, long size) {
        if (offset < 0 || size < 0 || offset > bytes.byteSize() - size) {
            throw bad("is truncated or damaged: " + title + " at offset " + Names.hex(offset) + " has " + Long.toUnsignedString(size)
                    + " bytes, the file has " + bytes.byteSize());
        }
        return new Section(name, title, address, bytes.asSlice(offset, size));
    }
}
