package trapframe.device.apic;

import trapframe.bus.Stateful;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The timer of a {@link LocalApic} (SDM vol. 3A, section 11.5.4): counts down from the initial count at
 * {@value #HERTZ} Hz over the divider, once or periodically. Nothing ticks: the count is computed when somebody looks,
 * and an event is queued only while the end of the count would change something.
 */
final class ApicTimer implements Stateful<ApicTimer.State> {
    /** The clock before the divider: a tick is a nanosecond. */
    static final int HERTZ = 1_000_000_000;

    private static final int DIVIDE_WRITABLE = 0b1011;
    private static final long NEVER = Long.MAX_VALUE;

    /**
     * @param initial    the initial count, unsigned
     * @param divide     the divide configuration register
     * @param periodic   whether the count starts again when it is over
     * @param startNanos when the count was {@code startCount}
     * @param startCount 0 while the timer is stopped
     */
    record State(int initial, int divide, boolean periodic, long startNanos, long startCount) {
        State timeless() {
            return new State(0, divide, periodic, 0, 0);
        }
    }

    private final Clock clock;
    private final long phase;
    private final Timer event;
    private int initial;
    private int divide;
    private boolean periodic;
    private long startNanos;
    private long startCount;

    /**
     * @param expired what follows when a count that is {@link #watch}ed is over
     * @param phase   by how many positions periodic ends come earlier, from 0
     */
    ApicTimer(EventQueue events, String name, Runnable expired, long phase) {
        clock = events.clock();
        this.phase = phase;
        event = events.timer(name, expired);
    }

    void reset() {
        event.disarm();
        initial = 0;
        divide = 0;
        periodic = false;
        startNanos = 0;
        startCount = 0;
    }

    int initial() {
        return initial;
    }

    /** Starts counting from a value; 0 stops. As after every change of a setting, {@link #watch} has to follow. */
    void setInitial(int value) {
        event.disarm();
        initial = value;
        startCount = Integer.toUnsignedLong(value);
        startNanos = clock.nanos();
        if (periodic && value != 0) {
            startNanos -= (clock.nanosAt(clock.position() + phase) - startNanos) % (startCount * tickNanos());
        }
    }

    int divide() {
        return divide;
    }

    /** A running count goes on from where it is. */
    void setDivide(int value) {
        settle();
        divide = value & DIVIDE_WRITABLE;
    }

    void setPeriodic(boolean newPeriodic) {
        if (newPeriodic != periodic) {
            settle();
            periodic = newPeriodic;
        }
    }

    /** The current count, unsigned. */
    int current() {
        return (int) countAfter((clock.nanos() - startNanos) / tickNanos());
    }

    private long countAfter(long ticks) {
        if (ticks < startCount) {
            return startCount - ticks;
        }
        long period = Integer.toUnsignedLong(initial);
        return periodic && startCount != 0 && period != 0 ? period - (ticks - startCount) % period : 0;
    }

    /** Makes the last tick the start, so that another mode or divider goes on from there. */
    private void settle() {
        event.disarm();
        long ticks = (clock.nanos() - startNanos) / tickNanos();
        startCount = countAfter(ticks);
        startNanos += ticks * tickNanos();
    }

    /** The divider (figure 11-10): 2 to 128, or 1. */
    private long tickNanos() {
        int encoding = divide & 3 | divide >> 1 & 4;
        return 1L << (encoding + 1 & 7);
    }

    /**
     * Queues an event for the end of the count while that would change something. Whoever knows that it would not, or
     * that it would again, says so here.
     */
    void watch(boolean wanted) {
        if (wanted == event.armed()) {
            return;
        }
        if (!wanted) {
            event.disarm();
            return;
        }
        long next = nextEnd();
        if (next != NEVER) {
            event.armAtNanos(next);
        }
    }

    /** The first nanosecond after now at which a count is over, or {@link #NEVER}. */
    private long nextEnd() {
        if (startCount == 0) {
            return NEVER;
        }
        long end = startNanos + startCount * tickNanos();
        long now = clock.nanos();
        long period = Integer.toUnsignedLong(initial) * tickNanos();
        if (end > now) {
            return end;
        }
        return periodic && period != 0 ? end + ((now - end) / period + 1) * period : NEVER;
    }

    @Override
    public State state() {
        return new State(initial, divide, periodic, startNanos, startCount);
    }

    @Override
    public void restore(State state) {
        initial = state.initial;
        divide = state.divide;
        periodic = state.periodic;
        startNanos = state.startNanos;
        startCount = state.startCount;
    }
}
