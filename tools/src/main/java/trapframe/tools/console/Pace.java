package trapframe.tools.console;

import java.util.function.LongSupplier;

/**
 * Keeps virtual time from running ahead of the host's while somebody sits at the console: an idle guest skips to its
 * next timer at once, and would otherwise keep the host busy with nothing. A guest that is slower than the host's time
 * does not catch up later. What the guest computes does not depend on it, only when the user sees it.
 */
public final class Pace {
    private final LongSupplier hostNanos;
    private long hostAtMark;
    private long virtualAtMark;

    /** @param hostNanos the host's clock, as {@link System#nanoTime} */
    public Pace(LongSupplier hostNanos) {
        this.hostNanos = hostNanos;
        this.hostAtMark = hostNanos.getAsLong();
    }

    /** How far virtual time is ahead of the host's, in nanoseconds; 0 when it is not. */
    public long ahead(long virtualNanos) {
        long now = hostNanos.getAsLong();
        long ahead = virtualNanos - virtualAtMark - (now - hostAtMark);
        if (ahead <= 0) {
            hostAtMark = now;
            virtualAtMark = virtualNanos;
            return 0;
        }
        return ahead;
    }
}
