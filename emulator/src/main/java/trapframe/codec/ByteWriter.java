package trapframe.codec;

import java.util.Arrays;

/** Bytes that grow. Numbers take as few bytes as they need: seven bits in each, lowest first, with bit 7 where another one follows. */
public final class ByteWriter {
    private byte[] bytes = new byte[256];
    private int length;

    public void raw(byte[] source) {
        reserve(source.length);
        System.arraycopy(source, 0, bytes, length, source.length);
        length += source.length;
    }

    /** A number that is never below zero, or all 64 bits of one. */
    public void unsigned(long value) {
        reserve(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    /** A number of either sign; small ones take little room. */
    public void signed(long value) {
        unsigned(value << 1 ^ value >> 63);
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }
}
