package trapframe.machine;

import java.util.SortedMap;

/**
 * What happened in a machine since power-on; deterministic.
 *
 * @param exceptions delivered exceptions, by mnemonic
 * @param interrupts interrupts by line, software interrupts, system calls and halts
 * @param accesses   device accesses by kind, and those that nothing answered
 */
public record Statistics(SortedMap<String, Long> exceptions, SortedMap<String, Long> interrupts,
                         SortedMap<String, Long> accesses) { }
