package trapframe.symbols;

import java.util.Arrays;
import java.util.Comparator;

/** Ranges of addresses, which may lie in each other, and what each of them stands for. */
final class Intervals {
    private final long[] low;
    private final long[] high;
    private final int[] ids;
    /** The farthest end of a range and all that begin before it. */
    private final long[] farthest;

    /** Collects ranges; those that begin at the same address are asked in the reverse of the order in which they were added. */
    static final class Builder {
        private long[] low = new long[64];
        private long[] high = new long[64];
        private int[] ids = new int[64];
        private int count;

        void add(long from, long end, int id) {
            if (count == low.length) {
                low = Arrays.copyOf(low, 2 * count);
                high = Arrays.copyOf(high, 2 * count);
                ids = Arrays.copyOf(ids, 2 * count);
            }
            low[count] = from;
            high[count] = end;
            ids[count++] = id;
        }

        Intervals build() {
            Integer[] order = new Integer[count];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparing(i -> low[i], Long::compareUnsigned));
            return new Intervals(this, order);
        }
    }

    private Intervals(Builder builder, Integer[] order) {
        low = new long[order.length];
        high = new long[order.length];
        ids = new int[order.length];
        farthest = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            low[i] = builder.low[order[i]];
            high[i] = builder.high[order[i]];
            ids[i] = builder.ids[order[i]];
            farthest[i] = i > 0 && Long.compareUnsigned(farthest[i - 1], high[i]) > 0 ? farthest[i - 1] : high[i];
        }
    }

    /** What stands for the range that an address is in, of several the one that begins last; -1 if it is in none. */
    int find(long address, Budget budget) {
        for (int i = lastAtOrBelow(address); i >= 0 && Long.compareUnsigned(farthest[i], address) > 0; i--) {
            budget.spend(1);
            if (Long.compareUnsigned(high[i], address) > 0) {
                return ids[i];
            }
        }
        return -1;
    }

    private int lastAtOrBelow(long address) {
        int from = 0;
        int to = low.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (Long.compareUnsigned(low[middle], address) <= 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from - 1;
    }
}
