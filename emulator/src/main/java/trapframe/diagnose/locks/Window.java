package trapframe.diagnose.locks;

/**
 * Positions of a CPU at which an interrupt comes while it holds a lock.
 *
 * @param from the first boundary
 * @param to   the last one, not below the first
 */
public record Window(int cpu, long from, long to) { }
