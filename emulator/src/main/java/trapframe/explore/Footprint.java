package trapframe.explore;

import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * The cells of RAM ({@link Cells}) that some code uses.
 *
 * @param reads  their physical addresses, in ascending order
 * @param writes theirs that are written
 */
record Footprint(long[] reads, long[] writes) {
    /** Whether the order of the two can matter: one writes what the other reads or writes. */
    boolean conflictsWith(Footprint other) {
        return meets(writes, other.reads) || meets(writes, other.writes) || meets(reads, other.writes);
    }

    private static boolean meets(long[] some, long[] others) {
        long[] fewer = some.length <= others.length ? some : others;
        long[] more = fewer == some ? others : some;
        return Arrays.stream(fewer).anyMatch(cell -> Arrays.binarySearch(more, cell) >= 0);
    }

    /** The same without some cells. */
    Footprint without(LongPredicate cells) {
        return new Footprint(Arrays.stream(reads).filter(cells.negate()).toArray(), Arrays.stream(writes).filter(cells.negate()).toArray());
    }
}
