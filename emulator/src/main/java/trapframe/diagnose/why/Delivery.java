package trapframe.diagnose.why;

import java.util.OptionalInt;

/**
 * An interrupt or exception that was taken.
 *
 * @param position where
 * @param nanos    the virtual time there
 * @param by       what ran
 * @param vector   empty if several have the same handler
 * @param software whether an INT instruction asked for it
 * @param stack    of what was interrupted, at that moment
 */
public record Delivery(long position, long nanos, Actor by, OptionalInt vector, boolean software, Stack stack) {
    /** The instruction that was next. */
    public Place at() {
        return stack.top();
    }

    /** As in "vector 32". */
    public String words() {
        return (software ? "the software interrupt " : "vector ") + (vector.isPresent() ? vector.getAsInt() : "?");
    }
}
