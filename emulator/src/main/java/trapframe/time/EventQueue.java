package trapframe.time;

import java.util.ArrayList;
import java.util.Arrays;
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
    /** The nearest deadline, unless {@link #unknown}: it is asked for at every stop of a CPU, and rarely changes. */
    private long nearest = NEVER;
    private boolean unknown;

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

    /** The nearest deadline, or {@link #NEVER}. */
    public long nextDeadline() {
        if (unknown) {
            unknown = false;
            Timer earliest = earliest();
            nearest = earliest == null ? NEVER : earliest.deadline();
        }
        return nearest;
    }

    /** Fires every timer whose deadline is at or before the clock's position, in order of deadline. */
    public void runDue() {
        while (nextDeadline() <= clock.position()) {
            earliest().fire();
        }
    }

    /** The timers in the order in which they were made; their deadlines are part of the machine's state. */
    public List<Timer> timers() {
        return List.copyOf(timers);
    }

    /** The timers' deadlines, in the order in which they were made. */
    public List<Long> deadlines() {
        Long[] deadlines = new Long[timers.size()];
        Arrays.setAll(deadlines, i -> timers.get(i).deadline());
        return List.of(deadlines);
    }

    /** Sets the deadlines that {@link #deadlines} returned. */
    public void restore(List<Long> deadlines) {
        for (int i = 0; i < timers.size(); i++) {
            timers.get(i).armAt(deadlines.get(i));
        }
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

    void deadlineChanged(long before, long now) {
        if (now < nearest) {
            nearest = now;
            unknown = false;
        } else if (before == nearest) {
            unknown = true;
        }
    }
}
