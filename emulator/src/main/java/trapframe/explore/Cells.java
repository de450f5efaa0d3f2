package trapframe.explore;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import trapframe.memory.GuestMemory;
import trapframe.memory.RamImage;
import trapframe.unicorn.HostMemory;

/** Cells of RAM, eight bytes each, by physical address. */
final class Cells {
    static final int BYTES = Long.BYTES;
    private static final byte[] ZEROS = new byte[GuestMemory.PAGE_SIZE];
    /** So many bytes are compared at once where a difference is looked for. */
    private static final int PIECE = 256;

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
        if (isSame(ram, start, before, from, GuestMemory.PAGE_SIZE)) {
            return GuestMemory.PAGE_SIZE;
        }
        int at = from;
        int end = pieceEnd(at);
        while (isSame(ram, start, before, at, end)) {
            at = end;
            end = pieceEnd(at);
        }
        return at + (int) MemorySegment.mismatch(ram.segment(), start + at, start + end, before, at, end);
    }

    private static int pieceEnd(int at) {
        return Math.min(at + PIECE, GuestMemory.PAGE_SIZE);
    }

    private static boolean isSame(GuestMemory ram, long start, MemorySegment before, int from, int to) {
        return HostMemory.isSame(ram.segment().asSlice(start + from, to - from), before.asSlice(from, to - from));
    }
}
