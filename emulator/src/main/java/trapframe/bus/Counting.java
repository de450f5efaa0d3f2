package trapframe.bus;

/**
 * A part of the machine that counts what it does, for people. The counts determine nothing, and so are not part of its state; a
 * snapshot has them, because they belong to a run.
 */
public interface Counting {
    /** The counts, in an order of the part's own. */
    long[] counts();

    /** Sets what {@link #counts} returned. */
    void restoreCounts(long[] counts);
}
