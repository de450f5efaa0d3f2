package trapframe.timeline;

import java.util.Comparator;
import trapframe.machine.Machine;

/**
 * A moment of a run, between two instructions.
 *
 * @param position   the clock's
 * @param deliveries the interrupts and exceptions that were delivered since the run got to the position: the moment before a faulting
 *                   instruction and the one before its handler have the same position
 */
public record Moment(long position, int deliveries) implements Comparable<Moment> {
    private static final Comparator<Moment> ORDER = Comparator.comparingLong(Moment::position).thenComparingInt(Moment::deliveries);

    /** The moment at which a machine is. */
    public static Moment of(Machine machine) {
        return new Moment(machine.clock().position(), machine.deliveriesHere());
    }

    /** The first moment at a position. */
    public static Moment at(long position) {
        return new Moment(position, 0);
    }

    @Override
    public int compareTo(Moment other) {
        return ORDER.compare(this, other);
    }

    boolean isBefore(Moment other) {
        return compareTo(other) < 0;
    }
}
