package trapframe.diagnose.locks;

/** A lock that is held. */
public final class Hold {
    private final Lock lock;
    private final Context context;
    private final int cpu;
    private final long from;
    private final long site;
    private final long value;
    private final long position;
    private final int depth;
    /** Whether the stack was switched meanwhile. */
    private boolean carried;

    /** @param value of a ticket lock the ticket, of others what was put into the cell */
    Hold(Lock lock, Context context, int cpu, long from, long site, long value, long position) {
        this.lock = lock;
        this.context = context;
        this.cpu = cpu;
        this.from = from;
        this.site = site;
        this.value = value;
        this.position = position;
        depth = context.depth();
    }

    public Lock lock() {
        return lock;
    }

    /** Who took it. */
    public Context context() {
        return context;
    }

    public int cpu() {
        return cpu;
    }

    /** The position behind the instruction that took it. */
    public long from() {
        return from;
    }

    /** Address of that instruction. */
    public long site() {
        return site;
    }

    /** The position of that instruction. */
    public long position() {
        return position;
    }

    long value() {
        return value;
    }

    /** Whether an interrupt came to who holds it, and has not returned. */
    boolean isInterrupted() {
        return context.isInterruptedSince(depth);
    }

    boolean isCarried() {
        return carried;
    }

    void carry(boolean value) {
        carried = value;
    }
}
