package trapframe.device.apic;

/** IA32_APIC_BASE (SDM vol. 3A, figure 11-5). */
final class ApicBase {
    private static final long BOOTSTRAP = 1 << 8;
    static final long ENABLE = 1 << 11;
    private static final long ADDRESS = -1L << 12;

    private long value = LocalApic.DEFAULT_ADDRESS | ENABLE;

    long value() {
        return value;
    }

    void set(long newValue) {
        value = newValue;
    }

    void setBootstrap() {
        value |= BOOTSTRAP;
    }

    boolean isEnabled() {
        return isEnabled(value);
    }

    static boolean isEnabled(long value) {
        return (value & ENABLE) != 0;
    }

    /** Physical address of the registers. */
    long page() {
        return value & ADDRESS;
    }
}
