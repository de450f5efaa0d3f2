package trapframe.symbols;

import java.lang.foreign.MemorySegment;

/**
 * A section of a file.
 *
 * @param file    its file's name, for messages
 * @param name    its own
 * @param address where it is linked to; 0 if it is not loaded
 */
record Section(String file, String name, long address, MemorySegment bytes) {
    /** What stands for a section that the file does not have. */
    static Section missing(String file, String name) {
        return new Section(file, name, 0, MemorySegment.NULL);
    }

    long size() {
        return bytes.byteSize();
    }

    boolean isMissing() {
        return bytes.byteSize() == 0;
    }

    Cursor cursor(long from) {
        return cursor(from, size());
    }

    /** Reads from an offset on, and not past another. Both are checked. */
    Cursor cursor(long from, long end) {
        if (from < 0 || end > size() || from > end) {
            throw damaged("nothing is at offset " + Names.hex(from));
        }
        return new Cursor(this, from, end);
    }

    SymbolsException damaged(String problem) {
        return SymbolsException.of(file, isMissing() ? "has no section " + name + ", but refers to it"
                : "is damaged: " + name + ": " + problem);
    }
}
