package trapframe.symbols;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Sections that were compressed when the file was linked (gABI, "Section Compression"). */
final class CompressedSection {
    private static final int ELFCOMPRESS_ZLIB = 1;
    private static final int ELFCOMPRESS_ZSTD = 2;
    /** Debug information shrinks to about a third; what claims to have shrunk more than this is not taken seriously. */
    private static final long MAX_RATIO = 64;
    private static final int CHUNK = 1 << 16;

    private CompressedSection() { }

    static Section expand(Section section, boolean is64Bit) {
        Cursor c = section.cursor(0);
        int type = c.i32();
        if (is64Bit) {
            c.skip(4);
        }
        long size = c.offset(is64Bit);
        c.offset(is64Bit);
        if (type != ELFCOMPRESS_ZLIB) {
            throw SymbolsException.of(section.file(), "section " + section.name() + " is compressed with "
                    + (type == ELFCOMPRESS_ZSTD ? "zstd" : "method " + type)
                    + ", which cannot be read: objcopy --decompress-debug-sections helps");
        }
        long compressed = c.end() - c.position();
        if (size < 0 || size / MAX_RATIO > compressed) {
            throw section.damaged(compressed + " compressed bytes cannot be " + Long.toUnsignedString(size));
        }
        return new Section(section.file(), section.name(), section.address(), inflate(section, c.position(), size));
    }

    private static MemorySegment inflate(Section section, long from, long size) {
        MemorySegment content = Arena.ofAuto().allocate(size);
        byte[] chunk = new byte[CHUNK];
        byte[] input = new byte[CHUNK];
        Inflater inflater = new Inflater();
        try {
            long at = from;
            long written = 0;
            while (written < size) {
                if (inflater.needsInput()) {
                    int n = (int) Math.min(input.length, section.size() - at);
                    MemorySegment.copy(section.bytes(), ValueLayout.JAVA_BYTE, at, input, 0, n);
                    inflater.setInput(input, 0, n);
                    at += n;
                }
                int n = inflater.inflate(chunk, 0, (int) Math.min(chunk.length, size - written));
                if (n == 0 && (inflater.finished() || inflater.needsDictionary() || inflater.needsInput() && at >= section.size())) {
                    throw section.damaged("it is compressed, and ends too early");
                }
                MemorySegment.copy(chunk, 0, content, ValueLayout.JAVA_BYTE, written, n);
                written += n;
            }
            return content.asReadOnly();
        } catch (DataFormatException e) {
            throw section.damaged("it cannot be decompressed");
        } finally {
            inflater.end();
        }
    }
}
