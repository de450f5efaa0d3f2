package trapframe.time;

/**
 * The one source of time in the machine.
 *
 * <p>The clock counts <em>positions</em>: executed code bytes, plus the positions that a halted CPU skips.
 * A position names one instruction boundary, and virtual time is a fixed function of it, so two runs that
 * are at the same position are at the same nanosecond. Nothing in the machine may ask the host for time.
 *
 * <p>Whoever calls into a device sets the clock first; devices only read it.
 */
public final class Clock {
    private static final long NANOS_PER_MICROSECOND = 1_000;

    private final long bytesPerMicrosecond;
    private long position;

    /**
     * @param bytesPerMicrosecond code bytes that pass in one microsecond of virtual time, 1 to 1,000,000;
     *                            1,000 makes one code byte one nanosecond
     */
    public Clock(long bytesPerMicrosecond) {
        if (bytesPerMicrosecond < 1 || bytesPerMicrosecond > 1_000_000) {
            throw new IllegalArgumentException(
                    "code bytes per microsecond must be 1 to 1000000, not " + bytesPerMicrosecond);
        }
        this.bytesPerMicrosecond = bytesPerMicrosecond;
    }

    /** The current position, in code bytes since the machine was switched on. */
    public long position() {
        return position;
    }

    /** Moves the clock; only the CPU's run loop does this. Going back is allowed, for restored states. */
    public void moveTo(long newPosition) {
        position = newPosition;
    }

    /** Virtual nanoseconds since the machine was switched on. */
    public long nanos() {
        return nanosAt(position);
    }

    /** Virtual nanoseconds at a position, rounded down. */
    public long nanosAt(long atPosition) {
        return mulDiv(atPosition, NANOS_PER_MICROSECOND, bytesPerMicrosecond);
    }

    /** The first position at which {@link #nanos} is at least {@code nanos}. */
    public long positionAtNanos(long nanos) {
        return mulDivCeil(nanos, bytesPerMicrosecond, NANOS_PER_MICROSECOND);
    }

    /** Whole ticks of a counter of the given frequency since the machine was switched on. */
    public long ticks(long hertz) {
        return ticksAt(position, hertz);
    }

    /** Whole ticks of a counter of the given frequency from power-on to a position. */
    public long ticksAt(long atPosition, long hertz) {
        return mulDiv(nanosAt(atPosition), hertz, 1_000_000_000L);
    }

    /** The first virtual nanosecond at which a counter of the given frequency has made {@code ticks} ticks. */
    public static long nanosAtTick(long ticks, long hertz) {
        return mulDivCeil(ticks, 1_000_000_000L, hertz);
    }

    /** {@code floor(a * b / c)} without overflow of the product, for a ≥ 0 and (c - 1) * b below 2^63. */
    public static long mulDiv(long a, long b, long c) {
        return a / c * b + a % c * b / c;
    }

    private static long mulDivCeil(long a, long b, long c) {
        long remainder = a % c * b;
        return a / c * b + remainder / c + (remainder % c == 0 ? 0 : 1);
    }
}
