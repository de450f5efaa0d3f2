package trapframe.memory;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** A set of page numbers that is cheap to fill, to walk and to empty, however large RAM is. */
final class PageSet {
    private final long[] bits;
    private int[] members = new int[64];
    private int size;

    /** @param pages the numbers are 0 to {@code pages - 1} */
    PageSet(int pages) {
        bits = new long[(pages + Long.SIZE - 1) / Long.SIZE];
    }

    void add(int page) {
        long bit = 1L << page;
        if ((bits[page / Long.SIZE] & bit) == 0) {
            bits[page / Long.SIZE] |= bit;
            if (size == members.length) {
                members = Arrays.copyOf(members, 2 * size);
            }
            members[size++] = page;
        }
    }

    int size() {
        return size;
    }

    /** Calls for each member, in the order in which they were added. */
    void forEach(IntConsumer action) {
        for (int i = 0; i < size; i++) {
            action.accept(members[i]);
        }
    }

    void clear() {
        for (int i = 0; i < size; i++) {
            bits[members[i] / Long.SIZE] = 0;
        }
        size = 0;
    }
}
