package trapframe.bus;

/**
 * A bus behind another one, whose devices may move: it is asked at each access that no device in front of it claims.
 *
 * @param <R> {@link PortRange} or {@link MmioRange}
 */
@FunctionalInterface
public interface RangeDecoder<R> {
    /** The range that holds a port or address now, or null. */
    R at(long address);

    /** Nothing is behind the bus. */
    static <R> RangeDecoder<R> nothing() {
        return address -> null;
    }
}
