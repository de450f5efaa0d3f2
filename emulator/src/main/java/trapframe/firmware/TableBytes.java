package trapframe.firmware;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Builds a table byte by byte; numbers are little-endian. */
final class TableBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    TableBytes u8(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    TableBytes u16(int value) {
        return number(value, Short.BYTES);
    }

    TableBytes u32(long value) {
        return number(value, Integer.BYTES);
    }

    TableBytes u64(long value) {
        return number(value, Long.BYTES);
    }

    TableBytes number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> 8 * i));
        }
        return this;
    }

    /** ASCII characters, filled up with spaces. */
    TableBytes text(String text, int length) {
        return bytes(text.getBytes(StandardCharsets.US_ASCII)).fill(' ', length - text.length());
    }

    TableBytes zeros(int count) {
        return fill(0, count);
    }

    private TableBytes fill(int value, int count) {
        for (int i = 0; i < count; i++) {
            out.write(value);
        }
        return this;
    }

    TableBytes bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    int size() {
        return out.size();
    }

    byte[] build() {
        return out.toByteArray();
    }

    /** Sets a byte so that the first bytes of a table add up to 0. */
    static byte[] withChecksum(byte[] table, int at, int length) {
        table[at] = 0;
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += table[i];
        }
        table[at] = (byte) -sum;
        return table;
    }
}
