package trapframe.time;

import java.util.ArrayList;
import java.util.List;

/**
 * Everything that will happen by itself, ordered by position.
 *
 * <p>A device asks for its {@link Timer}s once, when the machine is built, and arms them as it runs. Timers due at
 * the same position fire in the order in which they were made, so the order never depends on how they were armed.
 */
public final class EventQueue {
    /** A deadline that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    private final Clock clock;
    private final List<Timer> timers = new ArrayList<>();
    private Runnable changed = () -> { };

    public EventQueue(Clock clock) {
        this.clock = clock;
    }

    public Clock clock() {
        return clock;
    }

    /** Makes a timer, disarmed. {@code action} runs with the clock at the timer's deadline. */
    public Timer timer(String name, Runnable action) {
        Timer timer = new Timer(this, name, action);
        timers.add(timer);
        return timer;
    }

    /** The machine's run loop learns here that the nearest deadline may have moved. */
    public void onChange(Runnable listener) {
        changed = listener;
    }

    /** The nearest deadline, or {@link #NEVER}. */
    public long nextDeadline() {
        long next = NEVER;
        for (Timer timer : timers) {
            next = Math.min(next, timer.deadline());
        }
        return next;
    }

    /** Fires every timer whose deadline is at or before the clock's position, in order of deadline. */
    public void runDue() {
        for (Timer due = earliest(); due != null && due.deadline() <= clock.position(); due = earliest()) {
            due.fire();
        }
    }

    /** The timers in the order in which they were made; their deadlines are part of the machine's state. */
    public List<Timer> timers() {
        return List.copyOf(timers);
    }

    /** The timers' deadlines, in the order in which they were made. */
    public List<Long> deadlines() {
        return timers.stream().map(Timer::deadline).toList();
    }

    /** Sets the deadlines that {@link #deadlines} returned. */
    public void restore(List<Long> deadlines) {
        for (int i = 0; i < timers.size(); i++) {
            timers.get(i).restore(deadlines.get(i));
        }
        changed.run();
    }

    private Timer earliest() {
        Timer earliest = null;
        for (Timer timer : timers) {
            if (timer.armed() && (earliest == null || timer.deadline() < earliest.deadline())) {
                earliest = timer;
            }
        }
        return earliest;
    }

    void deadlineChanged() {
        changed.run();
    }
}
