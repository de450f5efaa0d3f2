package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The bytes of RAM that are not the same in each round, by physical address. */
final class VaryingMemory {
    /** Bytes from an address on. */
    record Item(long linear, int bytes, Value value) { }

    /** Bytes that may have been written by a store whose address varies. */
    record Region(long linear, long physical, long bytes) {
        boolean overlaps(long address, long length) {
            return address < physical + bytes && physical < address + length;
        }
    }

    private static final int MOST_BYTES = 16;

    private final TreeMap<Long, Item> items = new TreeMap<>();
    private final List<Region> regions = new ArrayList<>();

    VaryingMemory() { }

    VaryingMemory(VaryingMemory other) {
        items.putAll(other.items);
        regions.addAll(other.regions);
    }

    Map<Long, Item> items() {
        return items;
    }

    List<Region> regions() {
        return regions;
    }

    /** What is known of bytes that are read. */
    Value read(long physical, int bytes, long known) {
        for (Region region : regions) {
            if (region.overlaps(physical, bytes)) {
                return Value.anything(bytes);
            }
        }
        Item exactly = items.get(physical);
        if (exactly != null && exactly.bytes >= bytes) {
            return exactly.value.low(bytes, known);
        }
        return overlapping(physical, bytes).isEmpty() ? Value.EXACT : Value.anything(bytes);
    }

    /** Whether any of some bytes varies. */
    boolean touches(long physical, int bytes) {
        return !overlapping(physical, bytes).isEmpty() || regions.stream().anyMatch(region -> region.overlaps(physical, bytes));
    }

    private List<Long> overlapping(long physical, long bytes) {
        List<Long> found = new ArrayList<>();
        for (Map.Entry<Long, Item> entry : items.subMap(physical - MOST_BYTES, physical + bytes).entrySet()) {
            if (entry.getKey() + entry.getValue().bytes > physical) {
                found.add(entry.getKey());
            }
        }
        return found;
    }

    void write(long linear, long physical, int bytes, Value value) {
        for (long start : overlapping(physical, bytes)) {
            Item old = items.remove(start);
            for (long at = start; at < start + old.bytes; at++) {
                if (at < physical || at >= physical + bytes) {
                    items.put(at, new Item(old.linear + at - start, 1, Value.anything(1)));
                }
            }
        }
        if (!value.isExact()) {
            items.put(physical, new Item(linear, bytes, value));
        }
    }

    /** Whether all of some bytes are known here to vary, or to grow as they do there. */
    boolean covers(long physical, Item item) {
        Item own = items.get(physical);
        if (own != null && own.bytes == item.bytes && own.value.equals(item.value)) {
            return true;
        }
        for (long at = physical; at < physical + item.bytes; at++) {
            if (!varies(at)) {
                return false;
            }
        }
        return true;
    }

    private boolean varies(long physical) {
        for (Region region : regions) {
            if (region.overlaps(physical, 1)) {
                return true;
            }
        }
        for (long start : overlapping(physical, 1)) {
            if (items.get(start).value instanceof Value.Varies || items.get(start).value instanceof Value.Saved) {
                return true;
            }
        }
        return false;
    }

    /** Adds all that varies in another one, of which nothing else is known. */
    void addAll(VaryingMemory other) {
        other.regions.forEach(this::spoil);
        other.items.forEach((physical, item) -> write(item.linear, physical, item.bytes, Value.anything(item.bytes)));
    }

    /** What was found at a place is not what is there now. */
    void forget(OpenPlaces places) {
        items.replaceAll((_, item) -> item.value instanceof Value.Saved saved && saved.isOf(places)
                ? new Item(item.linear, item.bytes, Value.anything(item.bytes)) : item);
    }

    void spoil(Region region) {
        if (!regions.contains(region)) {
            regions.add(region);
        }
    }
}
