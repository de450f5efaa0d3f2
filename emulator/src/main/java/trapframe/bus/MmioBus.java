package trapframe.bus;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The physical addresses that are not RAM. One that no device answers reads all ones, and is counted. Attached devices come
 * first, the bus behind ({@link #attachBehind}) gets what is left.
 */
public final class MmioBus implements Counting {
    private final TreeMap<Long, MmioRange> ranges = new TreeMap<>();
    private RangeDecoder<MmioRange> behind = RangeDecoder.nothing();
    private long accesses;
    private long unassigned;

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

    /** Puts a bus behind this one: it gets the accesses that no attached device claims. */
    public void attachBehind(RangeDecoder<MmioRange> decoder) {
        behind = decoder;
    }

    /** The name of what answers at an address; empty if nothing does. */
    public Optional<String> nameAt(long address) {
        return Optional.ofNullable(at(address)).map(MmioRange::name);
    }

    /** Reads {@code width} bytes (1, 2, 4 or 8), zero-extended. */
    public long read(long address, int width) {
        accesses++;
        MmioRange range = at(address);
        if (range == null) {
            unassigned++;
            return width == 8 ? -1L : (1L << 8 * width) - 1;
        }
        return range.device().read(address - range.first(), width);
    }

    public void write(long address, int width, long value) {
        accesses++;
        MmioRange range = at(address);
        if (range == null) {
            unassigned++;
        } else {
            range.device().write(address - range.first(), width, value);
        }
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

    /** Accesses that no device answered. */
    public long unassigned() {
        return unassigned;
    }

    private MmioRange at(long address) {
        Map.Entry<Long, MmioRange> below = ranges.floorEntry(address);
        return below != null && below.getValue().contains(address) ? below.getValue() : behind.at(address);
    }
}
