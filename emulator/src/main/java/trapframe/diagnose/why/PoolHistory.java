package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How many of something were in use in the course of a run.
 *
 * @param name    what it is called
 * @param cell    the counter
 * @param limit   the most there can be, if that is known
 * @param used    at the moment that is explained
 * @param curve   each change, from the start of the run on
 * @param full    what used the last one up, the last time that this happened; empty if it never did
 * @param kept    of those that were in use then, or are now if it never was full, how they came to be: the first call that never gave back
 *                comes first
 * @param keepers how many each task had taken of those
 * @param refused calls of the function that took the last one, while all were in use, from {@link #full} on
 */
public record PoolHistory(String name, String cell, OptionalLong limit, long used, List<Point> curve, Optional<Event> full, List<Event> kept,
                          List<Keeper> keepers, List<Event> refused) {
    /** @param value behind the change at that position */
    public record Point(long position, long value) { }

    /** @param task as people write it, or the CPU where there are no tasks */
    public record Keeper(String task, int count) { }

    public PoolHistory {
        curve = List.copyOf(curve);
        kept = List.copyOf(kept);
        keepers = List.copyOf(keepers);
        refused = List.copyOf(refused);
    }
}
