package trapframe.machine;

/**
 * Decides which CPU runs when, and for how long. A policy may depend on what it is told and on nothing else, so that each run
 * with it is the same.
 */
public interface TurnPolicy {
    /**
     * A turn is over, or its CPU waits for something from outside.
     *
     * @param position where the next turn begins
     * @param last     the CPU whose turn is over
     * @param able     the CPUs that have something to do, a bit each; at least one
     * @return the next turn, of one of them
     */
    Turn next(long position, int last, int able);

    /**
     * A CPU gets the turn from outside.
     *
     * @param position where the turn begins
     * @param cpu      whose it is; it has something to do
     * @param able     the CPUs that have something to do, a bit each
     * @param atLeast  how long the turn lasts at least, in positions, if the CPU does not wait; 0: as long as its turns usually do
     * @return the turn of that CPU
     */
    Turn given(long position, int cpu, int able, long atLeast);

    /**
     * Another CPU than the one whose turn it is has something to do again.
     *
     * @param position the instruction that the running CPU is at, or the boundary
     * @param turn     the turn so far
     * @param woken    the other CPU
     * @return the same CPU's turn from now on; it ends behind the running instruction at the earliest
     */
    Turn woken(long position, Turn turn, int woken);
}
