package trapframe.explore;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import trapframe.memory.GuestMemory;
import trapframe.memory.RamImage;

/** Cells of RAM, eight bytes each, by physical address. */
final class Cells {
    static final int BYTES = Long.BYTES;
    private static final byte[] ZEROS = new byte[GuestMemory.PAGE_SIZE];

    private Cells() { }

    /** Says which differences do not matter. */
    interface Judge {
        /**
         * @param address physical, of a cell that differs
         * @return the address of the first cell behind it that may matter, in this page or behind; the cell's own address if it matters itself
         */
        long behind(long address, long now, long then);
    }

    /**
     * Looks at the cells of a page in which RAM differs from an image.
     *
     * @return whether all differences do not matter
     */
    static boolean forEachDifference(GuestMemory ram, RamImage image, int page, Judge judge) {
        byte[] content = image.page(page);
        MemorySegment before = MemorySegment.ofArray(content == null ? ZEROS : content);
        long start = (long) page * GuestMemory.PAGE_SIZE;
        int at = mismatch(ram, start, before, 0);
        while (at < GuestMemory.PAGE_SIZE) {
            int cell = at & -BYTES;
            long next = judge.behind(start + cell, ram.getLong(start + cell), before.get(ValueLayout.JAVA_LONG_UNALIGNED, cell)) - start;
            if (next == cell) {
                return false;
            }
            at = next >= GuestMemory.PAGE_SIZE ? GuestMemory.PAGE_SIZE : mismatch(ram, start, before, (int) next);
        }
        return true;
    }

    /** The first byte from one on that differs, or the page's size. */
    private static int mismatch(GuestMemory ram, long start, MemorySegment before, int from) {
        long at = MemorySegment.mismatch(ram.segment(), start + from, start + GuestMemory.PAGE_SIZE, before, from, GuestMemory.PAGE_SIZE);
        return at < 0 ? GuestMemory.PAGE_SIZE : from + (int) at;
    }
}
