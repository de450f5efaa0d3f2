package trapframe.diagnose;

/**
 * Something that will still happen in the machine, and does not end the hang.
 *
 * @param timer    its name
 * @param position when it happens next
 * @param why      it ends nothing
 */
public record PendingEvent(String timer, long position, String why) { }
