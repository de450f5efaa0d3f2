package trapframe.device;

import trapframe.bus.InterruptLine;
import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The PC's interval timer: Intel 8254 (data sheet 231164) at ports 0x40-0x43, clocked at {@value #HERTZ} Hz. OUT of
 * counter 0 is IRQ0, counter 1 makes the refresh requests, and counter 2 the speaker's tone; {@link SystemControlPortB}
 * shows the last two.
 *
 * <p>Modelled: the six modes with GATE, binary and BCD, one- and two-byte access, the counter latch and the read-back
 * command with null count. Nothing ticks: the number of CLK pulses at a virtual time is
 * {@code floor(nanoseconds * 1193182 / 10^9)}, exactly, and pulse {@code k} happens at the first nanosecond at which that
 * is {@code k}; an edge of OUT is an event at the first position at or after its pulse. A write takes effect at the
 * pulse after it, as the data sheet says for the transfer from CR to CE.
 *
 * <p>The phase shifts what counter 0 makes periodically: in modes 2 and 3 it begins as if it had been started so many positions
 * earlier, so that every edge comes exactly so many positions earlier, in turns of whole periods. The one crystal is shifted with it,
 * so that everything else moves by less than a pulse.
 *
 * <p>Power-on is what PC firmware leaves: counter 0 in mode 3 with 65536 (18.2 Hz), counter 1 in mode 2 with 18, GATE
 * of counter 2 low.
 *
 * <p>Not modelled: what the data sheet leaves undefined (CE after a control word and before the first count holds its old
 * value; count 1 in modes 2 and 3 gives an OUT that stays high), and the true crystal ratio of 1193181.67 Hz.
 */
public final class IntervalTimer8254 implements PortDevice, Stateful<IntervalTimer8254.State> {
    public static final int HERTZ = 1_193_182;
    public static final int PORT = 0x40;
    public static final int COUNTERS = 3;

    private static final int CONTROL_WORD = 3;
    private static final int SELECT_SHIFT = 6;
    private static final int READ_BACK = 3;
    private static final int READ_BACK_NOT_COUNT = 0x20;
    private static final int READ_BACK_NOT_STATUS = 0x10;
    private static final int ACCESS_MASK = 0x30;

    private static final int FIRMWARE_COUNTER_0 = 0x36;
    private static final int FIRMWARE_COUNTER_1 = 0x54;
    private static final int REFRESH_COUNT = 18;

    /** @param driven the CLK pulse up to which counter 0's OUT has been driven onto IRQ0 */
    public record State(long driven, Counter counter0, Counter counter1, Counter counter2) {
        /** The same, but for what changes with time, and the counts that are written. */
        public State timeless() {
            return new State(0, counter0.timeless(), counter1.timeless(), counter2.timeless());
        }
    }

    /**
     * The state of one counter.
     *
     * @param control       the control word's low six bits
     * @param cr            the count register, as written
     * @param firstByte     the first byte of a two-byte count, or -1
     * @param msbNext       whether the next read is the second of two bytes
     * @param latchedCount  OL, or -1
     * @param latchedStatus the status latch, or -1
     * @param countWritten  whether a count was written since the control word
     * @param loadAt        the pulse at which CR goes to CE, or {@code Long.MAX_VALUE}
     * @param initial       what CE was loaded with, 1 to 65536
     * @param since         the pulse at which CE had counted {@code counted} pulses
     * @param counted       pulses counted since the load, at {@code since}
     * @param counting      whether CE counts from {@code since} on
     * @param armed         whether OUT follows the count: it was loaded and, in modes 2 and 3, GATE did not stop it
     * @param lowFirst      mode 3: whether the half-cycle at the load was the low one
     * @param periodsBefore whole periods of modes 2 and 3 before the last load
     * @param lead          modes 2 and 3: pulses of the first cycle that have passed when CE is loaded
     */
    public record Counter(int control, int cr, int firstByte, boolean msbNext, int latchedCount, int latchedStatus,
                          boolean gate, boolean countWritten, boolean nullCount, long loadAt, int initial, long since,
                          long counted, boolean counting, boolean armed, boolean lowFirst, long periodsBefore, long lead) {
        private Counter timeless() {
            return new Counter(control, 0, Math.min(firstByte, 0), msbNext, Math.min(latchedCount, 0), latchedStatus, gate, countWritten, false, 0, 0, 0, 0,
                    false, false, false, 0, 0);
        }
    }

    private final Clock clock;
    private final long phase;
    private final InterruptLine irq0;
    private final Timer edge;
    private final Counter8254[] counters = {new Counter8254(true), new Counter8254(true), new Counter8254(false)};
    private long driven;

    /** @param phase by how many positions the periodic edges of counter 0 come earlier, from 0 */
    public IntervalTimer8254(EventQueue events, InterruptLine irq0, long phase) {
        this.clock = events.clock();
        this.phase = phase;
        this.irq0 = irq0;
        edge = events.timer("8254 counter 0", this::drive);
        long now = pulses();
        driven = now;
        counters[0].writeControl(now, FIRMWARE_COUNTER_0);
        counters[0].write(now, 0, lead(0));
        counters[0].write(now, 0, lead(0));
        counters[1].writeControl(now, FIRMWARE_COUNTER_1);
        counters[1].write(now, REFRESH_COUNT, lead(1));
        drive();
    }

    public void attach(PortBus bus) {
        bus.attach("8254", PORT, 4, this);
    }

    /** The level of a counter's OUT pin. */
    public boolean out(int counter) {
        catchUp();
        return counters[counter].out(pulses());
    }

    /** Whether a counter's OUT pin changes by itself; asking changes nothing. */
    public boolean mayChange(int counter) {
        Counter8254 copy = new Counter8254(false);
        copy.restore(counters[counter].state());
        return copy.nextChange(pulses()) != Counter8254.NEVER;
    }

    public boolean gate(int counter) {
        return counters[counter].gate();
    }

    /** Drives a counter's GATE pin. On a PC only that of counter 2 is not tied high. */
    public void setGate(int counter, boolean level) {
        catchUp();
        counters[counter].setGate(pulses(), level);
        drive();
    }

    /** Whether the number of refresh requests by counter 1 so far is odd. */
    public boolean refreshToggle() {
        return (counters[1].periods(pulses()) & 1) != 0;
    }

    @Override
    public int read(int offset, int width) {
        catchUp();
        return offset == CONTROL_WORD ? 0xff : counters[offset].read(pulses());
    }

    @Override
    public void write(int offset, int width, int value) {
        catchUp();
        long now = pulses();
        if (offset != CONTROL_WORD) {
            counters[offset].write(now, value, lead(offset));
        } else if (value >> SELECT_SHIFT == READ_BACK) {
            readBack(now, value);
        } else {
            Counter8254 counter = counters[value >> SELECT_SHIFT];
            if ((value & ACCESS_MASK) == 0) {
                counter.latchCount(now);
            } else {
                counter.writeControl(now, value);
            }
        }
        drive();
    }

    private void readBack(long now, int command) {
        for (int i = 0; i < COUNTERS; i++) {
            if ((command >> i + 1 & 1) != 0) {
                if ((command & READ_BACK_NOT_COUNT) == 0) {
                    counters[i].latchCount(now);
                }
                if ((command & READ_BACK_NOT_STATUS) == 0) {
                    counters[i].latchStatus(now);
                }
            }
        }
    }

    /** Drives an edge that is due but whose event was not run yet, before an access settles the counter past it. */
    private void catchUp() {
        if (edge.armed() && edge.deadline() <= clock.position()) {
            drive();
        }
    }

    /** Drives every edge of OUT up to now onto IRQ0, in order, and waits for the next. */
    private void drive() {
        long now = pulses();
        Counter8254 counter = counters[0];
        for (long next = counter.nextChange(driven); next <= now; next = counter.nextChange(driven)) {
            driven = next;
            irq0.set(counter.out(next));
        }
        driven = now;
        irq0.set(counter.out(now));
        long next = counter.nextChange(now);
        if (next == Counter8254.NEVER) {
            edge.disarm();
        } else {
            edge.armAt(clock.positionAtNanos(Clock.nanosAtTick(next, HERTZ)) - phase);
        }
    }

    private long pulses() {
        return clock.ticksAt(clock.position() + phase, HERTZ);
    }

    /** The pulses that the phase is worth from here on: a counter that starts now has counted them already. */
    private long lead(int counter) {
        return counter == 0 ? pulses() - clock.ticksAt(clock.position(), HERTZ) : 0;
    }

    @Override
    public State state() {
        return new State(driven, counters[0].state(), counters[1].state(), counters[2].state());
    }

    @Override
    public void restore(State state) {
        driven = state.driven;
        counters[0].restore(state.counter0);
        counters[1].restore(state.counter1);
        counters[2].restore(state.counter2);
    }
}
