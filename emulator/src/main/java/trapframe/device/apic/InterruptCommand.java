package trapframe.device.apic;

import trapframe.bus.Stateful;

/** ICR of a {@link LocalApic}: what one processor sends to others (SDM vol. 3A, section 11.6.1). */
final class InterruptCommand implements Stateful<InterruptCommand.State> {
    /** Who gets it, in the order of the encoding. */
    enum Shorthand {
        NONE,
        SELF,
        ALL_INCLUDING_SELF,
        ALL_EXCLUDING_SELF
    }

    private static final Shorthand[] SHORTHANDS = Shorthand.values();

    private static final int MODE_SHIFT = 8;
    private static final int LOGICAL = 1 << 11;
    private static final int ASSERT = 1 << 14;
    private static final int LEVEL = 1 << 15;
    private static final int SHORTHAND_SHIFT = 18;
    private static final int DESTINATION_SHIFT = 24;
    /** Vector, delivery mode, destination mode, level, trigger mode, shorthand; the delivery status is always idle. */
    private static final int LOW_WRITABLE = 0x000c_cfff;
    private static final int HIGH_WRITABLE = 0xff00_0000;

    record State(int low, int high) { }

    private int low;
    private int high;

    void reset() {
        low = 0;
        high = 0;
    }

    int low() {
        return low;
    }

    void setLow(int value) {
        low = value & LOW_WRITABLE;
    }

    int high() {
        return high;
    }

    void setHigh(int value) {
        high = value & HIGH_WRITABLE;
    }

    Shorthand shorthand() {
        return SHORTHANDS[low >> SHORTHAND_SHIFT & 3];
    }

    /** Whether it is the de-assertion of INIT, which only set the arbitration IDs of old processors. */
    boolean isInitDeassertion() {
        return message().mode() == DeliveryMode.INIT && (low & (LEVEL | ASSERT)) == LEVEL;
    }

    /** Interrupts between processors are edges, whatever the trigger mode says. */
    InterruptMessage message() {
        return new InterruptMessage(DeliveryMode.of(low >> MODE_SHIFT), low & 0xff, false, high >>> DESTINATION_SHIFT,
                (low & LOGICAL) != 0);
    }

    @Override
    public State state() {
        return new State(low, high);
    }

    @Override
    public void restore(State state) {
        low = state.low;
        high = state.high;
    }
}
