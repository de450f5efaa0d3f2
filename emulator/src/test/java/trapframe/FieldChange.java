package trapframe;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A field of a file gets another value, for tests that damage files.
 *
 * @param place what the test finds the field by
 * @param width 1, 2, 4 or 8 bytes
 * @param value of which the lowest bytes are written, little-endian
 */
public record FieldChange(int place, int width, long value) {
    /** @param at offset in the file, with 8 bytes behind it */
    public void apply(byte[] file, int at) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
        bytes.get(0, file, at, width);
    }
}
