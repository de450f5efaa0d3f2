package trapframe.memory;

import java.util.function.IntConsumer;

/**
 * The content of RAM at one moment, immutable. Images of one run share the pages that were not written between them, and pages of
 * zeros take no room.
 */
public final class RamImage {
    private final int pages;
    /**
     * The pages of a group are two to the power of this, about as many as there are groups: a new image copies the references of those groups only in
     * which something was written, and a comparison looks into those only.
     */
    private final int groupBits;
    /** The content by page number; null for a page of zeros, or a group of them. */
    private final byte[][][] groups;

    private RamImage(int pages, byte[][][] groups) {
        this.pages = pages;
        groupBits = groupBits(pages);
        this.groups = groups;
    }

    /** RAM of a machine at power-on. */
    static RamImage zeros(int pages) {
        return new RamImage(pages, new byte[(pages - 1 >> groupBits(pages)) + 1][][]);
    }

    private static int groupBits(int pages) {
        return (Integer.SIZE - Integer.numberOfLeadingZeros(pages - 1)) / 2;
    }

    /** How many pages RAM has. */
    public int pages() {
        return pages;
    }

    /** The content of a page, not to be changed; null when it is all zeros. */
    public byte[] page(int number) {
        byte[][] group = groups[number >> groupBits];
        return group == null ? null : group[number & (1 << groupBits) - 1];
    }

    /** Calls for each page that is kept differently in another image of the same RAM: one that differs, in nearly all cases. */
    public void forEachDifference(RamImage other, IntConsumer action) {
        for (int i = 0; i < groups.length; i++) {
            if (groups[i] != other.groups[i]) {
                int end = Math.min(pages, i + 1 << groupBits);
                for (int number = i << groupBits; number < end; number++) {
                    if (page(number) != other.page(number)) {
                        action.accept(number);
                    }
                }
            }
        }
    }

    /** Makes an image out of pages, which are zero until they are set. */
    public static Builder builder(int pages) {
        return new Builder(zeros(pages));
    }

    /** Makes an image that differs from another one in some pages. */
    public static final class Builder {
        private final RamImage before;
        private final byte[][][] groups;

        Builder(RamImage before) {
            this.before = before;
            groups = before.groups.clone();
        }

        /** @param content all of the page, not to be changed afterwards; null for zeros */
        public void set(int number, byte[] content) {
            int index = number >> before.groupBits;
            int size = 1 << before.groupBits;
            if (groups[index] == before.groups[index]) {
                groups[index] = groups[index] == null ? new byte[size][] : groups[index].clone();
            }
            groups[index][number & size - 1] = content;
        }

        public RamImage build() {
            return new RamImage(before.pages, groups);
        }
    }
}
