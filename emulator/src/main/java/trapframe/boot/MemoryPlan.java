package trapframe.boot;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

import trapframe.firmware.Firmware;
import trapframe.firmware.MemoryMap;
import trapframe.firmware.MemoryMap.Region;

/**
 * Who gets which part of RAM while an image is loaded: first the kernel, where it asks to be, then the loader's own
 * structures, where there is room. A loader plans everything before it writes the first byte, so that an image that is
 * refused leaves memory as it was.
 */
final class MemoryPlan {
    /**
     * Where the loader's structures start. Below lie the interrupt vector table and the BIOS data area, and the pages
     * (0x7C00, 0x8000) where kernels like to copy their real-mode code for further CPUs.
     */
    static final long LOADER_START = 0x9000;

    private static final long NONE = -1;

    private record Claim(String what, long start, long length) {
        long end() {
            return start + length;
        }
    }

    private final ImageFile image;
    private final MemoryMap map;
    private final NavigableMap<Long, Claim> claims = new TreeMap<>();

    MemoryPlan(ImageFile image, Firmware firmware) {
        this.image = image;
        this.map = firmware.memoryMap();
        take("the firmware's tables", MemoryMap.BIOS_START, firmware.tablesEnd() - MemoryMap.BIOS_START);
    }

    /** Takes a range for the kernel. Nothing is taken if the length is 0. */
    void claim(String what, long start, long length) {
        if (length == 0) {
            return;
        }
        boolean inRam = start >= 0 && length > 0 && map.loadable().stream()
                .anyMatch(region -> start >= region.start() && length <= region.end() - start);
        if (!inRam) {
            throw image.bad(what + " (" + Hex.range(start, length) + ") does not lie in the guest's RAM " + ranges(map.loadable()));
        }
        Claim other = overlapping(start, length);
        if (other != null) {
            throw image.bad(what + " (" + Hex.range(start, length) + ") overlaps " + other.what() + " ("
                    + Hex.range(other.start(), other.length()) + ")");
        }
        take(what, start, length);
    }

    /** The first byte after everything taken so far. */
    long end() {
        return claims.isEmpty() ? 0 : claims.lastEntry().getValue().end();
    }

    /** Takes the lowest free range for a structure of the loader. */
    long allocate(String what, long length, long alignment) {
        return lowest(what, length, alignment, LOADER_START, Long.MAX_VALUE);
    }

    /** Takes the lowest free range in {@code from} to {@code limit}. The alignment is a power of two. */
    long lowest(String what, long length, long alignment, long from, long limit) {
        long found = findLowest(length, alignment, from, limit);
        if (found == NONE) {
            throw noRoom(what, length);
        }
        return take(what, found, length);
    }

    /** Takes the lowest free range from {@code behind} on, or, if there is none, from {@code from} on. */
    long lowestBehind(String what, long length, long alignment, long behind, long from) {
        long found = findLowest(length, alignment, Math.max(behind, from), Long.MAX_VALUE);
        return found == NONE ? lowest(what, length, alignment, from, Long.MAX_VALUE) : take(what, found, length);
    }

    private long findLowest(long length, long alignment, long from, long limit) {
        for (Region region : map.ram()) {
            long at = alignUp(Math.max(from, region.start()), alignment);
            long end = Math.min(limit, region.end());
            while (at >= 0 && at <= end - length) {
                Claim other = overlapping(at, length);
                if (other == null) {
                    return at;
                }
                at = alignUp(other.end(), alignment);
            }
        }
        return NONE;
    }

    /** Takes the highest free range in {@code from} to {@code limit}. The alignment is a power of two. */
    long highest(String what, long length, long alignment, long from, long limit) {
        for (Region region : map.ram().reversed()) {
            long start = Math.max(from, region.start());
            long at = Math.min(limit, region.end()) - length & -alignment;
            while (at >= start) {
                Claim other = overlapping(at, length);
                if (other == null) {
                    return take(what, at, length);
                }
                at = other.start() - length & -alignment;
            }
        }
        throw noRoom(what, length);
    }

    private long take(String what, long start, long length) {
        claims.put(start, new Claim(what, start, length));
        return start;
    }

    static long alignUp(long value, long alignment) {
        return value + alignment - 1 & -alignment;
    }

    private Claim overlapping(long start, long length) {
        var before = claims.lowerEntry(start + length);
        return before == null || before.getValue().end() <= start ? null : before.getValue();
    }

    private BootException noRoom(String what, long length) {
        return image.bad("no room for " + what + " (" + length + " bytes) in the guest's RAM " + ranges(map.ram()));
    }

    private static String ranges(List<Region> regions) {
        return regions.stream().map(region -> Hex.range(region.start(), region.length()))
                .collect(Collectors.joining(", ", "(", ")"));
    }
}
