package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import trapframe.cpu.Cpu;
import trapframe.memory.GuestMemory;

/**
 * RAM below a stack pointer, as deep as an interrupt was seen to use it.
 *
 * @param ranges of physical addresses
 */
record DeadStack(List<Range> ranges) {
    static final DeadStack NONE = new DeadStack(List.of());
    /** What lies below the stack pointer of code that does not move it. */
    private static final long RED_ZONE = 128;

    /** @param end behind the last byte */
    record Range(long start, long end) { }

    /**
     * @param lowest linear, the lowest stack pointer
     * @param top    linear: what is from here up may be in use
     */
    static DeadStack of(Cpu cpu, long lowest, long top) {
        List<Range> ranges = new ArrayList<>();
        long start = lowest - RED_ZONE & -Cells.BYTES;
        while (start < top) {
            long end = Math.min(top, (start | GuestMemory.PAGE_SIZE - 1) + 1);
            OptionalLong physical = cpu.physical(start);
            if (physical.isPresent()) {
                ranges.add(new Range(physical.getAsLong(), physical.getAsLong() + end - start));
            }
            start = end;
        }
        return new DeadStack(ranges);
    }

    boolean has(long cell) {
        return endAt(cell) != cell;
    }

    /** The end of the range that has a whole cell of RAM; the cell's own address if there is none. */
    long endAt(long cell) {
        for (Range range : ranges) {
            if (range.start <= cell && cell + Cells.BYTES <= range.end) {
                return range.end & -Cells.BYTES;
            }
        }
        return cell;
    }
}
