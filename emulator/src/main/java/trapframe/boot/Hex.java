package trapframe.boot;

/** Addresses in messages. */
final class Hex {
    private Hex() { }

    static String of(long value) {
        return "0x" + Long.toHexString(value);
    }

    static String range(long start, long length) {
        return of(start) + " to " + of(start + length);
    }
}
