package trapframe.symbols;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads a section from front to back: little-endian values of any alignment, LEB128 numbers, text. Never reads past its end. */
final class Cursor {
    /** Longer names than this are none. */
    private static final int MAX_TEXT = 1 << 16;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Section section;
    private final MemorySegment bytes;
    private final long end;
    private long at;

    Cursor(Section section, long from, long end) {
        this.section = section;
        this.bytes = section.bytes();
        this.at = from;
        this.end = end;
    }

    Section section() {
        return section;
    }

    /** The offset in the section of what is read next. */
    long position() {
        return at;
    }

    long end() {
        return end;
    }

    boolean atEnd() {
        return at >= end;
    }

    /** Goes to an offset of the section, up to the cursor's end. */
    void seek(long offset) {
        if (offset < 0 || offset > end) {
            throw section.damaged("a reference to offset " + Names.hex(offset) + " leads out of it");
        }
        at = offset;
    }

    void skip(long count) {
        if (count < 0 || count > end - at) {
            throw truncated();
        }
        at += count;
    }

    /** The next bytes as a cursor of their own, and goes behind them. */
    Cursor slice(long length) {
        long from = at;
        skip(length);
        return new Cursor(section, from, at);
    }

    private long take(int width) {
        if (width > end - at) {
            throw truncated();
        }
        long from = at;
        at += width;
        return from;
    }

    private SymbolsException truncated() {
        return section.damaged("something at offset " + Names.hex(at) + " does not end before " + Names.hex(end));
    }

    int u8() {
        return bytes.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff;
    }

    int u16() {
        return bytes.get(SHORT, take(2)) & 0xffff;
    }

    int i32() {
        return bytes.get(INT, take(4));
    }

    long u32() {
        return Integer.toUnsignedLong(i32());
    }

    long i64() {
        return bytes.get(LONG, take(8));
    }

    /** A value of 1 to 8 bytes, without a sign. */
    long unsigned(int width) {
        return switch (width) {
            case 1 -> u8();
            case 2 -> u16();
            case 4 -> u32();
            case 8 -> i64();
            default -> {
                if (width < 1 || width > 8) {
                    throw section.damaged("a number of " + width + " bytes");
                }
                long value = 0;
                for (int i = 0; i < width; i++) {
                    value |= (long) u8() << 8 * i;
                }
                yield value;
            }
        };
    }

    /** An offset as wide as the unit's format has it (DWARF, 7.4). */
    long offset(boolean is64Bit) {
        return is64Bit ? i64() : u32();
    }

    /** ULEB128 (DWARF, 7.6); bits past the 64th are lost. */
    long uleb() {
        return leb128(false);
    }

    /** SLEB128. */
    long sleb() {
        return leb128(true);
    }

    private long leb128(boolean isSigned) {
        long value = 0;
        int shift = 0;
        int piece;
        do {
            piece = u8();
            if (shift < Long.SIZE) {
                value |= (long) (piece & 0x7f) << shift;
            }
            shift = Math.min(shift + 7, Long.SIZE);
        } while ((piece & 0x80) != 0);
        return isSigned && (piece & 0x40) != 0 && shift < Long.SIZE ? value | -1L << shift : value;
    }

    /** ULEB128 as a count or a small number. */
    int ulebInt() {
        long value = uleb();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw section.damaged("the number " + Long.toUnsignedString(value) + " before offset " + Names.hex(at) + " is too large");
        }
        return (int) value;
    }

    /** Text up to a zero byte, which is skipped. */
    String text() {
        long from = at;
        skipText();
        if (at - from > MAX_TEXT) {
            throw section.damaged("the text at offset " + Names.hex(from) + " has " + (at - from) + " bytes");
        }
        return Names.printable(new String(bytes.asSlice(from, at - 1 - from).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
    }

    void skipText() {
        while (u8() != 0) {
            // on to the end
        }
    }
}
