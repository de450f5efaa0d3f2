package trapframe.explore;

import java.util.List;

/** Says which schedules are tried, and in which order. It may depend on what came out of those before, and on nothing else. */
public interface Strategy {
    /** What {@code --strategy} calls it. */
    String name();

    /** How many schedules there are at most, those that were tried with them; as far as that is known. */
    long most();

    /**
     * How many more schedules there are of which it is known, without a try, that they end as one that was tried.
     *
     * @param tried how many of the schedules that this gave were tried, the first ones
     */
    default long stoodFor(long tried) {
        return 0;
    }

    /**
     * The schedules that are tried next; none of them waits for another.
     *
     * @param before what came out of the batch before, in its order; empty at the start
     * @return empty when there is nothing more to try
     */
    List<Schedule> next(List<Trial> before);
}
