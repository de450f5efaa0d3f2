package trapframe.cpu;

/**
 * A segment descriptor of eight bytes (SDM vol. 3A, section 3.4.5).
 *
 * @param low  bits 0 to 31
 * @param high bits 32 to 63, where the attributes are
 */
record Descriptor(int low, int high) {
    static final int ACCESSED = 1 << 8;
    static final int WRITABLE = 1 << 9;
    static final int CONFORMING = 1 << 10;
    static final int CODE = 1 << 11;
    static final int NOT_SYSTEM = 1 << 12;
    static final int PRESENT = 1 << 15;
    static final int LONG = 1 << 21;
    static final int BIG = 1 << 22;
    static final int GRANULARITY = 1 << 23;
    /** Flat 4 GiB: present, granular; combined with type, size and privilege. */
    static final int FLAT = PRESENT | NOT_SYSTEM | GRANULARITY | ACCESSED | 0xf << 16;

    static Descriptor of(long value) {
        return new Descriptor((int) value, (int) (value >>> 32));
    }

    /** Attributes of a flat code segment that is 64-bit or 32-bit, readable. */
    static int flatCode(int dpl, boolean is64Bit) {
        return FLAT | CODE | WRITABLE | dpl << 13 | (is64Bit ? LONG : BIG);
    }

    static int flatData(int dpl) {
        return FLAT | WRITABLE | dpl << 13 | BIG;
    }

    boolean isCode() {
        return (high & (NOT_SYSTEM | CODE)) == (NOT_SYSTEM | CODE);
    }

    boolean isWritableData() {
        return (high & (NOT_SYSTEM | CODE | WRITABLE)) == (NOT_SYSTEM | WRITABLE);
    }

    boolean isConforming() {
        return (high & CONFORMING) != 0;
    }

    boolean isPresent() {
        return (high & PRESENT) != 0;
    }

    boolean isLong() {
        return (high & LONG) != 0;
    }

    boolean isBig() {
        return (high & BIG) != 0;
    }

    int dpl() {
        return high >>> 13 & 3;
    }

    /** The type of a system descriptor or gate. */
    int type() {
        return high >>> 8 & 0xf;
    }

    long base() {
        return (low >>> 16 | (high & 0xff) << 16 | high & 0xff00_0000) & 0xffff_ffffL;
    }

    long limit() {
        long limit = low & 0xffff | high & 0xf_0000;
        return (high & GRANULARITY) != 0 ? limit << 12 | 0xfff : limit;
    }
}
