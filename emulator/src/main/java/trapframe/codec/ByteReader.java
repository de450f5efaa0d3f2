package trapframe.codec;

import java.util.Arrays;

/** Reads what {@link ByteWriter} made. Nothing that it is given makes it read past the end or take more memory than there are bytes. */
public final class ByteReader {
    private static final int LAST_SHIFT = 63;

    private final byte[] bytes;
    private int at;

    public ByteReader(byte[] bytes) {
        this.bytes = bytes;
    }

    public byte[] raw(int count) {
        require(count);
        at += count;
        return Arrays.copyOfRange(bytes, at - count, at);
    }

    public long unsigned() {
        long value = 0;
        for (int shift = 0; shift <= LAST_SHIFT; shift += 7) {
            require(1);
            byte next = bytes[at++];
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new DamagedException("a number is too long");
    }

    public long signed() {
        long value = unsigned();
        return value >>> 1 ^ -(value & 1);
    }

    /** A number of things that follow, each of at least one byte. */
    public int count() {
        long count = unsigned();
        if (count < 0 || count > bytes.length - at) {
            throw new DamagedException("it ends too early");
        }
        return (int) count;
    }

    /** A number that has to be in a range. */
    public long signed(long least, long most) {
        long value = signed();
        if (value < least || value > most) {
            throw new DamagedException("a value is out of its range");
        }
        return value;
    }

    public boolean atEnd() {
        return at == bytes.length;
    }

    private void require(int count) {
        if (count > bytes.length - at) {
            throw new DamagedException("it ends too early");
        }
    }
}
