package trapframe.device.virtio;

/** Little-endian fields. */
final class Bytes {
    private Bytes() {
    }

    /** Reads up to 8 bytes, zero-extended; 0 behind the end. */
    static long get(byte[] bytes, int at, int width) {
        long value = 0;
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            value |= (bytes[at + i] & 0xffL) << 8 * i;
        }
        return value;
    }

    /** A word of 64 bits with its low (0) or high (1) half replaced; other halves are not there. */
    static long withWord(long bits, int half, int value) {
        return switch (half) {
            case 0 -> bits & 0xffff_ffffL << 32 | value & 0xffff_ffffL;
            case 1 -> bits & 0xffff_ffffL | (long) value << 32;
            default -> bits;
        };
    }

    /** Half of a word of 64 bits: 0 the low one, 1 the high one, else 0. */
    static int word(long bits, int half) {
        return half == 0 ? (int) bits : half == 1 ? (int) (bits >>> 32) : 0;
    }
}
