package trapframe.bus;

/**
 * What ports and device memory have in common: a bus behind the attached devices, and counts of what devices were asked, and of what none answered.
 *
 * @param <R> a range of addresses that belongs to a device
 */
public abstract sealed class Bus<R> implements Counting permits MmioBus, PortBus {
    /** Why what is read at an address where no device answers stays as it is. */
    static final String NO_DEVICE = "no device answers, so that all bits are 1";

    private RangeDecoder<R> behind = RangeDecoder.nothing();
    private long accesses;
    private long unassigned;

    /** Puts a bus behind this one: it gets the accesses that no attached device claims. */
    public void attachBehind(RangeDecoder<R> decoder) {
        behind = decoder;
    }

    /** The range behind the attached devices; null if nothing answers there. */
    final R behind(long address) {
        return behind.at(address);
    }

    final void countAccess() {
        accesses++;
    }

    final void countUnassigned() {
        unassigned++;
    }

    @Override
    public long[] counts() {
        return new long[] {accesses, unassigned};
    }

    @Override
    public void restoreCounts(long[] counts) {
        accesses = counts[0];
        unassigned = counts[1];
    }

    /** Accesses by the guest since power-on. */
    public long accesses() {
        return accesses;
    }

    /** Accesses, or pieces of them, that no device answered. */
    public long unassigned() {
        return unassigned;
    }
}
