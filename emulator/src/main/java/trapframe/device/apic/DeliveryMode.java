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

    private static final DeliveryMode[] MODES = values();

    /** The mode that three bits stand for. */
    static DeliveryMode of(int encoding) {
        return MODES[encoding & 7];
    }

    /** Whether the message carries a vector that the target's IRR takes. */
    boolean hasVector() {
        return this == FIXED || this == LOWEST_PRIORITY;
    }
}
