package trapframe.device.apic;

/** What an interrupt message does at its target, in the order of its encoding (SDM vol. 3A, figure 11-12). */
public enum DeliveryMode {
    /** The vector, at every target. */
    FIXED,
    /** The vector, at the target that does the least urgent work. */
    LOWEST_PRIORITY,
    /** System management: no machine here has that mode, so it is ignored. */
    SMI,
    RESERVED_3,
    NMI,
    INIT,
    /** Only between processors. */
    STARTUP,
    /** The vector comes from the 8259 pair. */
    EXTINT;

    private static final int MODE_SHIFT = 8;
    private static final int VECTOR = 0xff;
    private static final DeliveryMode[] MODES = values();

    /** The mode that three bits stand for. */
    static DeliveryMode of(int encoding) {
        return MODES[encoding & 7];
    }

    /**
     * The vector that an entry of a local vector table or a redirection table puts into IRR; -1 if it is masked, and 0 for an external interrupt, which
     * is taken behind all that IRR has; what is none of these counts as more than all vectors.
     */
    static int vectorOf(long entry, boolean masked) {
        DeliveryMode mode = of((int) (entry >> MODE_SHIFT));
        return masked ? -1 : mode == EXTINT ? 0 : mode.hasVector() ? (int) (entry & VECTOR) : VECTOR + 1;
    }

    /** Whether the message carries a vector that the target's IRR takes. */
    boolean hasVector() {
        return this == FIXED || this == LOWEST_PRIORITY;
    }
}
