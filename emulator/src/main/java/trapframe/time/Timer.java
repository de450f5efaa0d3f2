package trapframe.time;

/** One event of one device: armed for a position, it fires there once. Made by {@link EventQueue#timer}. */
public final class Timer {
    private final EventQueue queue;
    private final String name;
    private final Runnable action;
    private long deadline = EventQueue.NEVER;

    Timer(EventQueue queue, String name, Runnable action) {
        this.queue = queue;
        this.name = name;
        this.action = action;
    }

    /** A name for reports, such as {@code "8254 channel 0"}. */
    public String name() {
        return name;
    }

    /** Arms or re-arms the timer; a position that has passed fires at the next boundary. */
    public void armAt(long position) {
        long before = deadline;
        deadline = position;
        queue.deadlineChanged(before, position);
    }

    /** Arms the timer for the first position at or after a virtual time, in nanoseconds since power-on. */
    public void armAtNanos(long nanos) {
        armAt(queue.clock().positionAtNanos(nanos));
    }

    public void disarm() {
        armAt(EventQueue.NEVER);
    }

    public boolean armed() {
        return deadline != EventQueue.NEVER;
    }

    /** The position at which the timer fires, or {@link EventQueue#NEVER}. */
    public long deadline() {
        return deadline;
    }

    void fire() {
        disarm();
        action.run();
    }
}
