package trapframe.machine;

/**
 * How far a run may go.
 *
 * @param position  the run ends at the first instruction boundary at or after this position
 * @param liveInput whether console input may still be added: a halted machine then waits for the position instead of
 *                  being halted for good
 */
public record RunLimits(long position, boolean liveInput) {
    public RunLimits(long position) {
        this(position, false);
    }

    public static RunLimits none() {
        return new RunLimits(Long.MAX_VALUE);
    }
}
