package trapframe.device;

import trapframe.bus.Stateful;

/** One timer of the {@link Hpet} (specification, section 2.3.9): its registers, and when its comparator matches. */
final class HpetTimer implements Stateful<HpetTimer.State> {
    private static final int CONFIGURATION = 0x00;
    private static final int COMPARATOR = 0x08;
    private static final int MESSAGE = 0x10;

    private static final long LEVEL = 1 << 1;
    private static final long ENABLE = 1 << 2;
    private static final long PERIODIC = 1 << 3;
    private static final long CAN_BE_PERIODIC = 1 << 4;
    private static final long HAS_64_BITS = 1 << 5;
    private static final long VALUE_SET = 1 << 6;
    private static final long AS_32_BITS = 1 << 8;
    private static final int ROUTE_SHIFT = 9;
    private static final long ROUTE = 0x1fL << ROUTE_SHIFT;
    private static final long BY_MESSAGE = 1 << 14;
    private static final long CAN_SEND_MESSAGES = 1 << 15;
    private static final long WRITABLE = LEVEL | ENABLE | PERIODIC | VALUE_SET | AS_32_BITS | ROUTE | BY_MESSAGE;

    private static final long LOW_HALF = 0xffff_ffffL;

    /**
     * @param comparator what the counter is compared with, unsigned
     * @param period     what is added to it at each match of a periodic timer, unsigned
     * @param setAt      the position at which an access set a periodic timer's comparator
     * @param edge       whether an edge left the line high
     */
    record State(long configuration, long comparator, long period, long setAt, long message, boolean edge) { }

    private final long routes;
    private long configuration;
    private long comparator = -1;
    private long period;
    private long setAt = -1;
    private long message;
    private boolean edge;

    /** @param routes the pins that it can be routed to, a bit each */
    HpetTimer(long routes) {
        this.routes = routes;
        configuration = routes << 32 | CAN_BE_PERIODIC | HAS_64_BITS | CAN_SEND_MESSAGES;
    }

    boolean interrupts() {
        return (configuration & ENABLE) != 0;
    }

    boolean isLevel() {
        return (configuration & LEVEL) != 0;
    }

    boolean isByMessage() {
        return (configuration & BY_MESSAGE) != 0;
    }

    long messageAddress() {
        return message >>> 32;
    }

    int messageData() {
        return (int) message;
    }

    /** The pin of the I/O APIC. */
    int route() {
        return (int) (configuration & ROUTE) >> ROUTE_SHIFT;
    }

    boolean edge() {
        return edge;
    }

    void setEdge(boolean level) {
        edge = level;
    }

    private boolean isPeriodic() {
        return (configuration & PERIODIC) != 0;
    }

    /** The bits that are compared. */
    private long width() {
        return (configuration & AS_32_BITS) != 0 ? LOW_HALF : -1;
    }

    /** Ticks from a value of the counter to the next match, unsigned, at least 1; 0 stands for 2 to the power of 64. */
    private long distance(long counter) {
        long distance = comparator - counter & width();
        return distance == 0 ? width() + 1 : distance;
    }

    /** Ticks from a value of the counter to the next match, or {@code Long.MAX_VALUE} if that is hundreds of years away. */
    long ticksToMatch(long counter) {
        long distance = distance(counter);
        return distance <= 0 ? Long.MAX_VALUE : distance;
    }

    /**
     * Lets the counter pass some values.
     *
     * @param ticks how many, from 0
     * @return whether one of them matched
     */
    boolean pass(long counter, long ticks) {
        long first = ticksToMatch(counter);
        if (ticks < first) {
            return false;
        }
        long step = period & width();
        if (isPeriodic() && step > 0) {
            comparator += step * ((ticks - first) / step + 1);
        } else if (isPeriodic() && step < 0) {
            comparator += step;
        }
        comparator &= width();
        return true;
    }

    long read(int register) {
        return switch (register) {
            case CONFIGURATION -> configuration;
            case COMPARATOR -> comparator;
            case MESSAGE -> message;
            default -> 0;
        };
    }

    /**
     * @param written  the bits of the register that the access reaches
     * @param position of the access
     */
    void write(int register, long value, long written, long position) {
        switch (register) {
            case CONFIGURATION -> writeConfiguration(value & written, written & WRITABLE);
            case COMPARATOR -> writeComparator(value & written, written, position);
            case MESSAGE -> message = message & ~written | value & written;
            default -> { }
        }
    }

    private void writeConfiguration(long value, long written) {
        long before = configuration;
        configuration = configuration & ~written | value & written;
        if ((routes >> route() & 1) == 0) {
            configuration = configuration & ~ROUTE | before & ROUTE;
        }
        if (!isPeriodic()) {
            configuration &= ~VALUE_SET;
        }
        if (!interrupts() || isLevel()) {
            edge = false;
        }
        comparator &= width();
    }

    /**
     * What is written is the comparator of a one-shot timer, and a periodic timer's period; its comparator too, once, if the value-set
     * bit says so. That bit falls with the first half, and the second half of the same access belongs to it.
     */
    private void writeComparator(long value, long written, long position) {
        boolean sets = (configuration & VALUE_SET) != 0 || setAt == position && (written & LOW_HALF) == 0;
        if (isPeriodic()) {
            period = period & ~written | value;
        }
        if (!isPeriodic() || sets) {
            comparator = (comparator & ~written | value) & width();
            setAt = position;
        }
        configuration &= ~VALUE_SET;
    }

    @Override
    public State state() {
        return new State(configuration, comparator, period, setAt, message, edge);
    }

    @Override
    public void restore(State state) {
        configuration = state.configuration;
        comparator = state.comparator;
        period = state.period;
        setAt = state.setAt;
        message = state.message;
        edge = state.edge;
    }
}
