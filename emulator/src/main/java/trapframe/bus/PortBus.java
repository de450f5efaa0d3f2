package trapframe.bus;

import java.util.Optional;

/**
 * The 65,536 I/O ports. A port that no device answers reads all ones, and reads and writes of it are counted. Attached devices
 * come first, the bus behind ({@link #attachBehind}) gets what is left.
 */
public final class PortBus extends Bus<PortRange> {
    private static final int PORTS = 0x10000;

    private final PortRange[] ranges = new PortRange[PORTS];

    /**
     * Attaches a device to {@code count} ports from {@code first} on.
     *
     * @throws BusConflictException if one of the ports has a device already
     */
    public void attach(String name, int first, int count, PortDevice device) {
        if (first < 0 || count < 1 || first + count > PORTS) {
            throw new IllegalArgumentException("ports " + first + " to " + (first + count - 1) + " do not exist");
        }
        for (int port = first; port < first + count; port++) {
            if (ranges[port] != null) {
                throw new BusConflictException(
                        String.format("port 0x%x belongs to %s and to %s", port, ranges[port].name(), name));
            }
        }
        PortRange range = new PortRange(name, first, count, device);
        for (int port = first; port < first + count; port++) {
            ranges[port] = range;
        }
    }

    /** The name of what answers at a port; empty if nothing does. */
    public Optional<String> nameAt(int port) {
        return Optional.ofNullable(at(port & 0xffff)).map(PortRange::name);
    }

    /** {@link PortDevice#registerName} of a port; empty where no device is. */
    public Optional<String> registerName(int port) {
        return Optional.ofNullable(at(port & 0xffff)).flatMap(range -> range.device().registerName(range.offset(port & 0xffff)));
    }

    /** Reads {@code width} bytes (1, 2 or 4) from a port; parts without a device read all ones. */
    public int read(int port, int width) {
        countAccess();
        return readPiece(port & 0xffff, width);
    }

    /** Writes {@code width} bytes (1, 2 or 4) to a port, lowest byte to the lowest port. */
    public void write(int port, int width, int value) {
        countAccess();
        writePiece(port & 0xffff, width, value & mask(width));
    }

    /** {@link PortDevice#steadyBits} of a port; parts without a device always read all ones. */
    public int steadyBits(int port, int width) {
        return steadyPiece(port & 0xffff, width);
    }

    /** {@link PortDevice#whySteady} of a port. */
    public String whySteady(int port) {
        PortRange range = at(port & 0xffff);
        return range == null ? NO_DEVICE : range.device().whySteady(range.offset(port & 0xffff));
    }

    /** {@link PortDevice#changesNothing} of a port. */
    public boolean changesNothing(int port, int width, int value) {
        PortRange range = at(port & 0xffff);
        return range == null ? width == 1 : takesWhole(range, port & 0xffff, width)
                && range.device().changesNothing(range.offset(port & 0xffff), width, value & mask(width));
    }

    private int steadyPiece(int port, int width) {
        PortRange range = at(port);
        if (takesWhole(range, port, width)) {
            return range.device().steadyBits(range.offset(port), width) & mask(width);
        }
        if (width == 1) {
            return 0xff;
        }
        int half = width / 2;
        int low = steadyPiece(port, half);
        int high = steadyPiece(port + half & 0xffff, half);
        return low == 0 || high == 0 ? 0 : low | high << 8 * half;
    }

    private int readPiece(int port, int width) {
        PortRange range = at(port);
        if (takesWhole(range, port, width)) {
            return range.device().read(range.offset(port), width) & mask(width);
        }
        if (width == 1) {
            countUnassigned();
            return 0xff;
        }
        int half = width / 2;
        return readPiece(port, half) | readPiece(port + half & 0xffff, half) << 8 * half;
    }

    private void writePiece(int port, int width, int value) {
        PortRange range = at(port);
        if (takesWhole(range, port, width)) {
            range.device().write(range.offset(port), width, value);
        } else if (width == 1) {
            countUnassigned();
        } else {
            int half = width / 2;
            writePiece(port, half, value & mask(half));
            writePiece(port + half & 0xffff, half, value >>> 8 * half);
        }
    }

    private PortRange at(int port) {
        PortRange range = ranges[port];
        return range != null ? range : behind(port);
    }

    private boolean takesWhole(PortRange range, int port, int width) {
        return range != null && width <= range.device().widestAccess()
                && (width == 1 || port + width <= PORTS && range.equals(at(port + width - 1)));
    }

    private static int mask(int width) {
        return width == 4 ? -1 : (1 << 8 * width) - 1;
    }
}
