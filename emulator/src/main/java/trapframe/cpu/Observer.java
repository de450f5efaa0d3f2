package trapframe.cpu;

import java.util.Optional;

/** Follows an {@link Observation} while the CPUs of a bus run. None of this belongs to the machine. */
public final class Observer {
    /**
     * An access that was watched for.
     *
     * @param address physical, of the first byte of the access
     */
    public record Hit(Watch watch, long address, boolean write) { }

    private Observation wanted = Observation.NONE;
    private boolean hasCode;
    private boolean watching;
    private Hit hit;
    private boolean ignoring;
    private boolean delivered;
    private long deliveryPosition = -1;
    private int deliveries;
    private int passedCpu = -1;
    private long passedPosition;
    private long passedAddress;

    Observation wanted() {
        return wanted;
    }

    void want(Observation observation) {
        wanted = observation;
        hasCode = observation.code().length > 0;
        watching = !observation.data().isEmpty();
    }

    /** A run begins: what happened before is old. */
    public void begin() {
        hit = null;
        delivered = false;
    }

    /** The machine went to another moment, at which nothing was delivered yet. */
    public void forget() {
        begin();
        deliveryPosition = -1;
        passedCpu = -1;
    }

    /** The next instruction of a CPU, at the place where it is now, runs although a stop is wanted before it. */
    public void pass(int cpu, long position, long linear) {
        passedCpu = cpu;
        passedPosition = position;
        passedAddress = linear;
    }

    /** Whether a stop is wanted before the instruction at an address. */
    boolean isWanted(long linear) {
        return hasCode && wanted.hasCode(linear);
    }

    /** Whether {@link #pass} said so. */
    public boolean isPassed(int cpu, long position, long linear) {
        return cpu == passedCpu && position == passedPosition && linear == passedAddress;
    }

    boolean watches(long address, long bytes) {
        return watching && wanted.watches(address, bytes);
    }

    void accessed(long address, long bytes, boolean write) {
        if (watching && hit == null && !ignoring) {
            for (Watch watch : wanted.data()) {
                if (watch.isHit(address, bytes, write)) {
                    hit = new Hit(watch, address, write);
                    return;
                }
            }
        }
    }

    /** Whether accesses are those of a page walk. */
    void ignore(boolean walking) {
        ignoring = walking;
    }

    boolean hasHit() {
        return hit != null;
    }

    /** The first hit since the run began. */
    public Optional<Hit> hit() {
        return Optional.ofNullable(hit);
    }

    void delivered(long position) {
        deliveries = deliveries(position) + 1;
        deliveryPosition = position;
        delivered = wanted.deliveries();
    }

    boolean takeDelivered() {
        boolean taken = delivered;
        delivered = false;
        return taken;
    }

    /** The interrupts and exceptions that were delivered at a position so far. */
    public int deliveries(long position) {
        return position == deliveryPosition ? deliveries : 0;
    }
}
