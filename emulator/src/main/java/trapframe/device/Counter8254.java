package trapframe.device;

import trapframe.bus.Stateful;
import trapframe.device.IntervalTimer8254.Counter;

/**
 * One counter of the 8254 in {@link IntervalTimer8254}, which names the manual. CR, CE, OL and GATE are the data
 * sheet's names for the count register, the counting element, the output latch ({@link OutputLatch8254}) and the gate.
 *
 * <p>Nothing happens per CLK pulse. A counter remembers when its CE was loaded and with what, and every question is
 * answered for a pulse number that the caller gives. Pulse {@code t} means: {@code t} CLK pulses have passed since
 * power-on. The caller never goes back in time.
 */
final class Counter8254 implements Stateful<Counter> {
    static final long NEVER = Long.MAX_VALUE;

    private static final int INTERRUPT_ON_TERMINAL_COUNT = 0;
    private static final int ONE_SHOT = 1;
    private static final int RATE_GENERATOR = 2;
    private static final int SQUARE_WAVE = 3;
    private static final int SOFTWARE_STROBE = 4;
    private static final int HARDWARE_STROBE = 5;

    private static final int STATUS_OUT = 0x80;
    private static final int STATUS_NULL_COUNT = 0x40;
    private static final int STATUS_CONTROL_MASK = 0x3f;

    private static final int BINARY_MODULUS = 0x10000;
    private static final int BCD_MODULUS = 10_000;
    private static final int EMPTY = -1;

    private int control;
    private int cr;
    private int firstByte = EMPTY;
    private final OutputLatch8254 latch = new OutputLatch8254();
    private boolean gate;
    private boolean countWritten;
    private boolean nullCount = true;
    private long loadAt = NEVER;
    private int initial = BINARY_MODULUS;
    private long since;
    private long counted;
    private boolean counting;
    private boolean armed;
    private boolean lowFirst;
    private long periodsBefore;
    private long lead;

    Counter8254(boolean gate) {
        this.gate = gate;
    }

    /** A control word for this counter that is neither a latch nor a read-back command. */
    void writeControl(long now, int word) {
        settle(now);
        stopOscillating(now);
        freeze(now);
        control = word & STATUS_CONTROL_MASK;
        firstByte = EMPTY;
        latch.clear();
        countWritten = false;
        nullCount = true;
        loadAt = NEVER;
        armed = false;
        lowFirst = false;
        lead = 0;
    }

    /** @param lead pulses of the first cycle that have passed already, if this write starts mode 2 or 3 */
    void write(long now, int value, long lead) {
        settle(now);
        switch (access()) {
            case OutputLatch8254.LSB_ONLY -> writeCount(now, value, lead);
            case OutputLatch8254.MSB_ONLY -> writeCount(now, value << 8, lead);
            default -> {
                if (firstByte != EMPTY) {
                    int low = firstByte;
                    firstByte = EMPTY;
                    writeCount(now, low | value << 8, lead);
                } else {
                    firstByte = value;
                    if (mode() == INTERRUPT_ON_TERMINAL_COUNT) {
                        // "Writing the first byte disables counting. OUT is set low immediately."
                        loadAt = NEVER;
                        freeze(now);
                        armed = false;
                    }
                }
            }
        }
    }

    private void writeCount(long now, int value, long leadOfFirst) {
        cr = value;
        boolean first = !countWritten;
        countWritten = true;
        nullCount = true;
        switch (mode()) {
            case INTERRUPT_ON_TERMINAL_COUNT -> {
                armed = false;
                loadAt = now + 1;
            }
            case SOFTWARE_STROBE -> loadAt = now + 1;
            case RATE_GENERATOR, SQUARE_WAVE -> {
                if (first) {
                    loadAt = now + 1;
                    lead = leadOfFirst;
                } else if (loadAt == NEVER && counting) {
                    // Without a trigger the count comes into force at the end of the cycle, in mode 3 of the half-cycle.
                    loadAt = endOfCycle(now);
                }
            }
            default -> { } // modes 1 and 5 load at a trigger
        }
    }

    int read(long now) {
        settle(now);
        return latch.read(access(), () -> count(now));
    }

    void latchCount(long now) {
        settle(now);
        latch.latchCount(() -> count(now));
    }

    void latchStatus(long now) {
        settle(now);
        latch.latchStatus(() -> (out(now) ? STATUS_OUT : 0) | (nullCount ? STATUS_NULL_COUNT : 0) | control);
    }

    boolean gate() {
        return gate;
    }

    void setGate(long now, boolean level) {
        settle(now);
        if (level == gate) {
            return;
        }
        gate = level;
        switch (mode()) {
            case INTERRUPT_ON_TERMINAL_COUNT, SOFTWARE_STROBE -> {
                if (!level) {
                    freeze(now);
                } else if (armed) {
                    since = now;
                    counting = true;
                }
            }
            case RATE_GENERATOR, SQUARE_WAVE -> {
                if (level && countWritten) {
                    loadAt = now + 1;
                } else if (!level && armed) {
                    // "If GATE goes low while OUT is low, OUT is set high immediately"; only a trigger starts it again.
                    stopOscillating(now);
                    freeze(now);
                    loadAt = NEVER;
                }
            }
            default -> {
                if (level && countWritten) {
                    loadAt = now + 1;
                }
            }
        }
    }

    /** The level of OUT after {@code now} pulses. */
    boolean out(long now) {
        settle(now);
        return outSettled(now);
    }

    private boolean outSettled(long now) {
        long pulses = counted(now);
        return switch (mode()) {
            case INTERRUPT_ON_TERMINAL_COUNT -> armed && pulses >= initial;
            case ONE_SHOT -> !armed || pulses >= initial;
            case RATE_GENERATOR -> !armed || initial == 1 || pulses % initial != initial - 1;
            case SQUARE_WAVE -> !armed || pulses % initial < firstHalf() != lowFirst;
            default -> !armed || pulses != initial;
        };
    }

    /** The first pulse after {@code now} at which OUT may change, or {@link #NEVER}. */
    long nextChange(long now) {
        settle(now);
        return Math.min(loadAt, nextEdge(now));
    }

    private long nextEdge(long now) {
        if (!armed || !counting) {
            return NEVER;
        }
        long pulses = counted(now);
        return switch (mode()) {
            case INTERRUPT_ON_TERMINAL_COUNT, ONE_SHOT -> pulses < initial ? now + initial - pulses : NEVER;
            case RATE_GENERATOR -> {
                if (initial == 1) {
                    yield NEVER;
                }
                long phase = pulses % initial;
                yield now + (phase < initial - 1 ? initial - 1 - phase : 1);
            }
            case SQUARE_WAVE -> {
                if (initial == 1) {
                    yield NEVER;
                }
                long phase = pulses % initial;
                yield now + (phase < firstHalf() ? firstHalf() : initial) - phase;
            }
            default -> {
                if (pulses > initial) {
                    yield NEVER;
                }
                yield pulses < initial ? now + initial - pulses : now + 1;
            }
        };
    }

    /** Whole periods of the square wave or rate generator since power-on: the refresh requests of counter 1. */
    long periods(long now) {
        settle(now);
        return periodsAt(now);
    }

    private long periodsAt(long now) {
        return periodsBefore + (oscillates() && armed ? counted(now) / initial : 0);
    }

    /**
     * The value in CE, in the counter's number system.
     *
     * <p>A count that the next pulse loads shows already. An access on an ISA bus takes longer than a pulse, so that no
     * program on a PC reads the old count back behind a write; here an access takes less.
     */
    private int count(long now) {
        if (loadAt == now + 1) {
            int loading = fromCr() % modulus();
            return bcd() ? toBcd(loading) : loading;
        }
        long pulses = counted(now);
        int modulus = modulus();
        long value = switch (mode()) {
            case RATE_GENERATOR -> initial - pulses % initial;
            case SQUARE_WAVE -> {
                long phase = pulses % initial;
                yield (initial & ~1) - 2 * (phase < firstHalf() ? phase : phase - firstHalf());
            }
            default -> Math.floorMod(initial - pulses, (long) modulus);
        };
        int shown = (int) (value % modulus);
        return bcd() ? toBcd(shown) : shown;
    }

    /** Brings a due transfer from CR to CE into effect. */
    private void settle(long now) {
        if (now < loadAt) {
            return;
        }
        long at = loadAt;
        loadAt = NEVER;
        // A square wave that is not started by a trigger goes on with the other half-cycle.
        boolean low = mode() == SQUARE_WAVE && armed && counting && !outSettled(at);
        stopOscillating(at);
        lowFirst = low;
        initial = fromCr();
        since = at;
        counted = lead % initial;
        lead = 0;
        nullCount = false;
        armed = true;
        counting = gate || mode() == ONE_SHOT || mode() == HARDWARE_STROBE;
    }

    private void stopOscillating(long now) {
        if (oscillates()) {
            periodsBefore = periodsAt(now);
            armed = false;
        }
    }

    private void freeze(long now) {
        counted = counted(now);
        since = now;
        counting = false;
    }

    private long counted(long now) {
        return counting ? counted + now - since : counted;
    }

    private long endOfCycle(long now) {
        if (initial == 1) {
            return now + 1;
        }
        return mode() == SQUARE_WAVE ? nextEdge(now) : now + initial - counted(now) % initial;
    }

    /** CLK pulses in the half-cycle at the load: an odd count makes the high half one longer. */
    private int firstHalf() {
        return lowFirst ? initial / 2 : (initial + 1) / 2;
    }

    private boolean oscillates() {
        return mode() == RATE_GENERATOR || mode() == SQUARE_WAVE;
    }

    private int mode() {
        int bits = control >> 1 & 7;
        return bits > HARDWARE_STROBE ? bits & 3 : bits;
    }

    private int access() {
        return control >> 4;
    }

    private boolean bcd() {
        return (control & 1) != 0;
    }

    private int modulus() {
        return bcd() ? BCD_MODULUS : BINARY_MODULUS;
    }

    private int fromCr() {
        int value = bcd() ? (cr >> 12) * 1000 + (cr >> 8 & 15) * 100 + (cr >> 4 & 15) * 10 + (cr & 15) : cr;
        return value == 0 ? modulus() : value;
    }

    private static int toBcd(int value) {
        return value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    }

    @Override
    public Counter state() {
        return new Counter(control, cr, firstByte, latch.msbNext(), latch.count(), latch.status(), gate, countWritten,
                nullCount, loadAt, initial, since, counted, counting, armed, lowFirst, periodsBefore, lead);
    }

    @Override
    public void restore(Counter state) {
        control = state.control();
        cr = state.cr();
        firstByte = state.firstByte();
        latch.restore(state.latchedCount(), state.latchedStatus(), state.msbNext());
        gate = state.gate();
        countWritten = state.countWritten();
        nullCount = state.nullCount();
        loadAt = state.loadAt();
        initial = state.initial();
        since = state.since();
        counted = state.counted();
        counting = state.counting();
        armed = state.armed();
        lowFirst = state.lowFirst();
        periodsBefore = state.periodsBefore();
        lead = state.lead();
    }
}
