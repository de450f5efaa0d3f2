package trapframe.firmware;

import java.util.ArrayList;
import java.util.List;
import trapframe.memory.GuestMemory;

/**
 * All that firmware leaves in memory: the BIOS data area, and in the BIOS's segment, from {@link MemoryMap#BIOS_START} on, the MP and ACPI
 * tables. Kernels find the two roots by searching that segment at multiples of 16 bytes; boot protocols that can say where ACPI's is
 * do.
 */
public final class Firmware {
    private static final int ALIGNMENT = 16;
    private static final int FACS_ALIGNMENT = 64;
    private static final int POINTERS = 64;
    private static final int ROOT_POINTER_OFFSET = 16;

    private record Table(long address, byte[] bytes) { }

    private final MemoryMap memoryMap;
    private final long rootPointer;
    private final List<Table> tables = new ArrayList<>();
    private long end = MemoryMap.BIOS_START + POINTERS;

    public Firmware(Platform platform) {
        memoryMap = MemoryMap.of(platform.memoryBytes());
        long mp = place(MpTable.configuration(platform), ALIGNMENT);
        tables.add(new Table(MemoryMap.BIOS_START, MpTable.pointer(mp)));
        long facs = place(AcpiTables.facs(), FACS_ALIGNMENT);
        long dsdt = place(AcpiTables.dsdt(platform), ALIGNMENT);
        List<Long> described = List.of(place(AcpiTables.fadt(facs, dsdt), ALIGNMENT),
                place(AcpiTables.madt(platform), ALIGNMENT), place(AcpiTables.hpet(), ALIGNMENT));
        long rsdt = place(AcpiTables.rsdt(described), ALIGNMENT);
        long xsdt = place(AcpiTables.xsdt(described), ALIGNMENT);
        rootPointer = MemoryMap.BIOS_START + ROOT_POINTER_OFFSET;
        tables.add(new Table(rootPointer, AcpiTables.rootPointer(rsdt, xsdt)));
        if (end > MemoryMap.EXTENDED_START) {
            throw new IllegalStateException("the firmware's tables have " + (end - MemoryMap.BIOS_START) + " bytes");
        }
    }

    private long place(byte[] table, int alignment) {
        long address = end + alignment - 1 & -alignment;
        tables.add(new Table(address, table));
        end = address + table.length;
        return address;
    }

    public MemoryMap memoryMap() {
        return memoryMap;
    }

    /** Physical address of ACPI's root pointer, RSDP. */
    public long rootPointer() {
        return rootPointer;
    }

    /** The first byte behind the tables. */
    public long tablesEnd() {
        return end;
    }

    /** Writes it all; before an image is loaded, which may overwrite the BIOS data area. */
    public void write(GuestMemory ram) {
        BiosDataArea.write(ram, memoryMap);
        for (Table table : tables) {
            ram.write(table.address, table.bytes);
        }
    }
}
