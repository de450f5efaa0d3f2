package trapframe.bus;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The physical addresses that are not RAM. One that no device answers reads all ones, and is counted. Attached devices come
 * first, the bus behind ({@link #attachBehind}) gets what is left.
 */
public final class MmioBus extends Bus<MmioRange> {
    private final TreeMap<Long, MmioRange> ranges = new TreeMap<>();

    /**
     * Attaches a device to {@code length} bytes from {@code first} on.
     *
     * @throws BusConflictException if a byte of the range has a device already
     */
    public void attach(String name, long first, long length, MmioDevice device) {
        if (first < 0 || length < 1 || first + length < first) {
            throw new IllegalArgumentException(String.format("no physical range 0x%x, 0x%x long", first, length));
        }
        Map.Entry<Long, MmioRange> below = ranges.lowerEntry(first + length);
        if (below != null && below.getKey() + below.getValue().length() > first) {
            throw new BusConflictException(String.format("0x%x, 0x%x long, belongs to %s and to %s", first, length,
                    below.getValue().name(), name));
        }
        ranges.put(first, new MmioRange(name, first, length, device));
    }

    /** The name of what answers at an address; empty if nothing does. */
    public Optional<String> nameAt(long address) {
        return Optional.ofNullable(at(address)).map(MmioRange::name);
    }

    /** {@link MmioDevice#registerName} of an address; empty where no device is. */
    public Optional<String> registerName(long address) {
        return Optional.ofNullable(at(address)).flatMap(range -> range.device().registerName(address - range.first()));
    }

    /** Reads {@code width} bytes (1, 2, 4 or 8), zero-extended. */
    public long read(long address, int width) {
        countAccess();
        MmioRange range = at(address);
        if (range == null) {
            countUnassigned();
            return width == 8 ? -1L : (1L << 8 * width) - 1;
        }
        return range.device().read(address - range.first(), width);
    }

    /** {@link MmioDevice#steadyBits} of an address, for a read of up to 4 bytes; where no device answers all ones are read, always. */
    public long steadyBits(long address, int width) {
        MmioRange range = at(address);
        return range == null ? (1L << 8 * width) - 1 : range.device().steadyBits(address - range.first(), width);
    }

    /** {@link MmioDevice#whySteady} of an address. */
    public String whySteady(long address) {
        MmioRange range = at(address);
        return range == null ? NO_DEVICE : range.device().whySteady(address - range.first());
    }

    public void write(long address, int width, long value) {
        countAccess();
        MmioRange range = at(address);
        if (range == null) {
            countUnassigned();
        } else {
            range.device().write(address - range.first(), width, value);
        }
    }

    private MmioRange at(long address) {
        Map.Entry<Long, MmioRange> below = ranges.floorEntry(address);
        return below != null && below.getValue().contains(address) ? below.getValue() : behind(address);
    }
}
