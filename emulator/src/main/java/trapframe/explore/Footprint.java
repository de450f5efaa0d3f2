package trapframe.explore;

import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * The RAM that some code uses, in words of 4 bytes: kernels keep numbers side by side that have nothing to do with each other.
 *
 * @param reads  physical addresses of the words, in ascending order
 * @param writes of those that are written
 */
record Footprint(long[] reads, long[] writes) {
    static final int WORD = Integer.BYTES;

    /** Whether the order of the two can matter: one writes what the other reads or writes. */
    boolean conflictsWith(Footprint other) {
        return meets(writes, other.reads) || meets(writes, other.writes) || meets(reads, other.writes);
    }

    private static boolean meets(long[] some, long[] others) {
        long[] fewer = some.length <= others.length ? some : others;
        long[] more = fewer == some ? others : some;
        return Arrays.stream(fewer).anyMatch(word -> Arrays.binarySearch(more, word) >= 0);
    }

    /** The same without some words. */
    Footprint without(LongPredicate left) {
        return new Footprint(Arrays.stream(reads).filter(left.negate()).toArray(), Arrays.stream(writes).filter(left.negate()).toArray());
    }
}
