package trapframe.firmware;

import java.util.ArrayList;
import java.util.List;
import trapframe.memory.GuestMemory;

/**
 * The machine's physical memory as its firmware would report it by INT 15h, AX=E820h (ACPI 6.5, section 15.2). Every
 * boot protocol hands this one description to the kernel, each in its own layout.
 *
 * <p>RAM is 0 to 639 KiB and 1 MiB to the end. The last KiB of conventional memory is where a PC has its extended BIOS
 * data area, and the 64 KiB below 1 MiB are where it has its BIOS and the tables of firmware: both are reserved.
 *
 * @param regions in ascending order, without overlap
 */
public record MemoryMap(List<Region> regions) {
    /** End of conventional memory, and start of the extended BIOS data area. */
    public static final long EBDA_START = 0x9fc00;
    public static final long EBDA_END = 0xa0000;
    /** The system BIOS's segment. */
    public static final long BIOS_START = 0xf0000;
    /** Where extended memory starts. */
    public static final long EXTENDED_START = 0x10_0000;

    /** What a range may be used for, with the number that INT 15h, Multiboot, Linux and PVH share for it. */
    public enum Type {
        RAM(1),
        RESERVED(2);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        public int number() {
            return number;
        }
    }

    /**
     * A range of physical addresses.
     *
     * @param start  first byte
     * @param length bytes, at least 1
     */
    public record Region(long start, long length, Type type) {
        /** The first byte after the region. */
        public long end() {
            return start + length;
        }
    }

    public MemoryMap {
        regions = List.copyOf(regions);
    }

    /**
     * The map of a machine.
     *
     * @param ramSize bytes, as {@link GuestMemory} allows them
     */
    public static MemoryMap of(long ramSize) {
        List<Region> regions = new ArrayList<>(List.of(
                new Region(0, EBDA_START, Type.RAM),
                new Region(EBDA_START, EBDA_END - EBDA_START, Type.RESERVED),
                new Region(BIOS_START, EXTENDED_START - BIOS_START, Type.RESERVED)));
        if (ramSize > EXTENDED_START) {
            regions.add(new Region(EXTENDED_START, ramSize - EXTENDED_START, Type.RAM));
        }
        return new MemoryMap(regions);
    }

    public List<Region> ram() {
        return regions.stream().filter(region -> region.type() == Type.RAM).toList();
    }

    /**
     * Where the segments of a kernel may lie: the RAM of the map, and the upper memory from the end of video memory to
     * 1 MiB, which is not offered to the kernel but is RAM too. Linkers put the ELF header into the page before the
     * first segment, so a kernel linked at 1 MiB often has a segment there.
     */
    public List<Region> loadable() {
        long end = Math.max(regions.getLast().end(), EXTENDED_START);
        return List.of(new Region(0, EBDA_START, Type.RAM),
                new Region(GuestMemory.VIDEO_END, end - GuestMemory.VIDEO_END, Type.RAM));
    }

    /** RAM below 1 MiB, in KiB: what INT 12h reports. */
    public int lowerKib() {
        return (int) (EBDA_START >> 10);
    }

    /** RAM from 1 MiB on, in KiB. */
    public int upperKib() {
        return (int) (ram().stream().filter(region -> region.start() >= EXTENDED_START)
                .mapToLong(Region::length).sum() >> 10);
    }
}
