package trapframe.diagnose.locks;

/** A memory cell that behaves like a lock, or may turn out to be one. */
public final class Lock {
    /** How it is taken. */
    public enum Shape {
        /** XCHG or CMPXCHG puts something where 0 was. */
        TEST_AND_SET,
        /** XADD draws a number, and the one that is served holds the lock. */
        TICKET,
        /** CMPXCHG puts a pointer where 0 was: who owns it, which may sleep with it. */
        OWNER,
        /** A pointer that is written under another lock beside it, and cleared under it by the one that wrote it: who owns it. */
        GUARDED_OWNER
    }

    private static final int TRIALS = 3;
    private static final int FOREIGN_SHARE = 8;

    private final long address;
    private final long linear;
    private final int width;
    private final Shape shape;
    /** Of a ticket lock: where the number is that is served. */
    private final long serving;
    private long taken;
    private long released;
    private long releasedByOthers;
    private long releasedInterlocked;
    private int abandoned;
    private boolean disproved;

    Lock(long address, long linear, int width, Shape shape, long serving) {
        this.address = address;
        this.linear = linear;
        this.width = width;
        this.shape = shape;
        this.serving = serving;
    }

    /** Physical address of the cell that is changed to take it. */
    public long address() {
        return address;
    }

    /** The linear address by which it was taken first. */
    public long linear() {
        return linear;
    }

    public Shape shape() {
        return shape;
    }

    /** How often it was taken. */
    public long taken() {
        return taken;
    }

    /** Of the cell that is changed to take it, in bytes. */
    int cellWidth() {
        return shape == Shape.TICKET && serving == address ? 2 * width : width;
    }

    /** Of the number that is served, or of the cell; in bytes. */
    int width() {
        return width;
    }

    long serving() {
        return serving;
    }

    /** Whether it has shown that it is one: it was released by a store, and by those who had taken it. */
    public boolean isProved() {
        return !disproved && released > 0 && releasedByOthers * FOREIGN_SHARE <= released;
    }

    /** Whether who waits for it spins, so that nobody may sleep with it: not if it names its owner, or is always released by a LOCK, as
     * where somebody may have to be woken. */
    public boolean isSpinlock() {
        return !mayBeSleptWith() && releasedInterlocked < released;
    }

    /** Whether it names its owner. */
    boolean mayBeSleptWith() {
        return shape == Shape.OWNER || shape == Shape.GUARDED_OWNER;
    }

    /** Whether it was taken again and again and never released: it is none. */
    boolean isHopeless() {
        return disproved || released == 0 && abandoned >= TRIALS;
    }

    void countTaken() {
        taken++;
    }

    void countReleased(boolean byHolder, boolean interlocked) {
        released++;
        releasedByOthers += byHolder ? 0 : 1;
        releasedInterlocked += interlocked ? 1 : 0;
    }

    void countAbandoned() {
        abandoned++;
    }

    /** Somebody did to it what nobody does to a lock. */
    void disprove() {
        disproved = true;
    }
}
