package trapframe.machine;

import java.util.List;
import trapframe.cpu.CpuImage;
import trapframe.memory.RamImage;

/**
 * A whole machine at a position, between two instructions: what determines everything that it will do, and what it counted so far. It is
 * immutable, and shares the pages of RAM that did not change with other snapshots of the same run. What only makes things fast,
 * translated code and the TLB, is not in it.
 *
 * @param position  the clock's
 * @param skipped   positions of it that passed while all CPUs waited
 * @param turns     whose turn it is
 * @param cpus      the CPUs, by number
 * @param devices   the devices' states, in the order of {@link Board#states}
 * @param deadlines the timers' deadlines, in the order of {@link trapframe.time.EventQueue#timers}
 * @param counts    what parts counted, in the order of {@link Board#counting}
 */
public record Snapshot(long position, long skipped, Turns.State turns, List<CpuImage> cpus, List<Record> devices, List<Long> deadlines,
                       List<long[]> counts, RamImage ram) { }
