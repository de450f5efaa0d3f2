package trapframe.device.apic;

import java.util.Arrays;
import java.util.List;
import trapframe.bus.Stateful;

/** The local vector table of a {@link LocalApic} (SDM vol. 3A, figure 11-8), and the levels of its two pins. */
final class LocalVectors implements Stateful<LocalVectors.State> {
    static final int TIMER = 0;
    static final int LINT0 = 3;
    static final int LINT1 = 4;
    static final int ERROR = 5;
    static final int COUNT = 6;

    private static final int VECTOR = 0xff;
    private static final int MODE_SHIFT = 8;
    private static final int ACTIVE_LOW = 1 << 13;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LEVEL = 1 << 15;
    static final int MASKED = 1 << 16;
    private static final int PERIODIC = 1 << 17;
    private static final int WITH_MODE = VECTOR | 7 << MODE_SHIFT | MASKED;
    private static final int PIN = WITH_MODE | ACTIVE_LOW | LEVEL;
    private static final int[] WRITABLE = {VECTOR | MASKED | PERIODIC, WITH_MODE, WITH_MODE, PIN, PIN, VECTOR | MASKED};

    /**
     * @param entries timer, thermal, performance, LINT0, LINT1, error
     * @param levels  of the pins LINT0 and LINT1
     */
    record State(List<Integer> entries, List<Boolean> levels) {
        /** As {@link DeliveryMode#vectorOf}. */
        int vector(int entry) {
            return DeliveryMode.vectorOf(entries.get(entry), (entries.get(entry) & MASKED) != 0);
        }
    }

    private final int[] entries = new int[COUNT];
    private final boolean[] levels = new boolean[2];

    void reset() {
        Arrays.fill(entries, MASKED);
    }

    int read(int entry) {
        return entries[entry];
    }

    /** @param forceMask whether entries stay masked because the APIC is disabled by software */
    void write(int entry, int value, boolean forceMask) {
        entries[entry] = value & WRITABLE[entry] | entries[entry] & REMOTE_IRR | (forceMask ? MASKED : 0);
        if (!isLevel(entry)) {
            entries[entry] &= ~REMOTE_IRR;
        }
    }

    void maskAll() {
        for (int i = 0; i < COUNT; i++) {
            entries[i] |= MASKED;
        }
    }

    /** As firmware leaves the bootstrap processor: the 8259 pair at LINT0, NMI at LINT1. */
    void setVirtualWire() {
        entries[LINT0] = DeliveryMode.EXTINT.ordinal() << MODE_SHIFT;
        entries[LINT1] = DeliveryMode.NMI.ordinal() << MODE_SHIFT;
    }

    boolean isMasked(int entry) {
        return (entries[entry] & MASKED) != 0;
    }

    int vector(int entry) {
        return entries[entry] & VECTOR;
    }

    DeliveryMode mode(int entry) {
        return DeliveryMode.of(entries[entry] >> MODE_SHIFT);
    }

    boolean isPeriodic() {
        return (entries[TIMER] & PERIODIC) != 0;
    }

    /** Whether a pin's interrupt is level-triggered; only LINT0 with a vector can be. */
    boolean isLevel(int entry) {
        return entry == LINT0 && (entries[entry] & LEVEL) != 0 && mode(entry) == DeliveryMode.FIXED;
    }

    /** Sets a pin's level. Returns whether it became active. */
    boolean setPin(int entry, boolean level) {
        boolean before = isActive(entry);
        levels[entry - LINT0] = level;
        return !before && isActive(entry);
    }

    /** A pin's level as it is on the wire. */
    boolean pinLevel(int entry) {
        return levels[entry - LINT0];
    }

    boolean isActive(int entry) {
        return pinLevel(entry) != ((entries[entry] & ACTIVE_LOW) != 0);
    }

    /** Whether a level-triggered pin has to be requested: it is active, and what it asked for before has ended. */
    boolean isLevelDue(int entry) {
        return isLevel(entry) && isActive(entry) && (entries[entry] & (MASKED | REMOTE_IRR)) == 0;
    }

    /** Whether a pin asks for an interrupt of the 8259 pair. */
    boolean isExternal(int entry) {
        return isActive(entry) && passesExternal(entry);
    }

    /** Whether a pin would ask for an interrupt of the 8259 pair if it were active. */
    boolean passesExternal(int entry) {
        return !isMasked(entry) && mode(entry) == DeliveryMode.EXTINT;
    }

    /** Whether a pin reaches the processor as NMI or INIT, which no flag of it keeps back. */
    boolean isUnmaskable(int entry) {
        return !isMasked(entry) && (mode(entry) == DeliveryMode.NMI || mode(entry) == DeliveryMode.INIT);
    }

    /** Says whether a level-triggered pin's interrupt was accepted and has not ended. */

    void setAccepted(int entry, boolean accepted) {
        entries[entry] = accepted ? entries[entry] | REMOTE_IRR : entries[entry] & ~REMOTE_IRR;
    }

    @Override
    public State state() {
        Integer[] table = new Integer[COUNT];
        Arrays.setAll(table, i -> entries[i]);
        return new State(List.of(table), List.of(levels[0], levels[1]));
    }

    @Override
    public void restore(State state) {
        for (int i = 0; i < COUNT; i++) {
            entries[i] = state.entries.get(i);
        }
        levels[0] = state.levels.get(0);
        levels[1] = state.levels.get(1);
    }
}
