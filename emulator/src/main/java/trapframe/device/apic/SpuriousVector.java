package trapframe.device.apic;

/** SVR (SDM vol. 3A, figure 11-23): the spurious vector, and whether software has the APIC enabled. */
final class SpuriousVector {
    private static final int VECTOR = 0xff;
    private static final int ENABLE = 1 << 8;
    private static final int WRITABLE = 0x3ff;
    private static final int AFTER_RESET = 0xff;

    private int value;

    void reset() {
        value = AFTER_RESET;
    }

    int read() {
        return value;
    }

    void write(int newValue) {
        value = newValue & WRITABLE;
    }

    void enable() {
        value |= ENABLE;
    }

    boolean isEnabled() {
        return isEnabled(value);
    }

    static boolean isEnabled(int value) {
        return (value & ENABLE) != 0;
    }

    int vector() {
        return value & VECTOR;
    }
}
