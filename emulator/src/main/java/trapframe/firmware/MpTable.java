package trapframe.firmware;

import java.util.ArrayList;
import java.util.List;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciInterruptWires;

/** The tables of the MultiProcessor Specification 1.4, chapter 4, for kernels that know no ACPI. */
final class MpTable {
    private static final int SPECIFICATION = 4;
    private static final int HEADER_SIZE = 44;

    private static final int PROCESSOR = 0;
    private static final int BUS = 1;
    private static final int IO_APIC = 2;
    private static final int IO_INTERRUPT = 3;
    private static final int LOCAL_INTERRUPT = 4;

    private static final int ENABLED = 1;
    private static final int BOOTSTRAP = 2;
    private static final int PCI_BUS = 0;
    private static final int ISA_BUS = 1;
    private static final int ALL_APICS = 0xff;

    private static final int VECTORED = 0;
    private static final int NMI = 1;
    private static final int EXTERNAL = 3;
    private static final int LEVEL_ACTIVE_LOW = 0b1111;

    private MpTable() { }

    /** The floating pointer structure: interrupts come by virtual wire, there is no IMCR. */
    static byte[] pointer(long configuration) {
        byte[] table = new TableBytes().text("_MP_", 4).u32(configuration).u8(1, SPECIFICATION, 0, 0, 0).zeros(3).build();
        return TableBytes.withChecksum(table, 10, table.length);
    }

    static byte[] configuration(Platform platform) {
        List<byte[]> entries = entries(platform);
        int size = HEADER_SIZE + entries.stream().mapToInt(entry -> entry.length).sum();
        TableBytes table = new TableBytes().text("PCMP", 4).u16(size).u8(SPECIFICATION, 0).text("TRAPFRAM", 8)
                .text("TRAPFRAME", 12).u32(0).u16(0).u16(entries.size()).u32(LocalApic.DEFAULT_ADDRESS).u32(0);
        entries.forEach(table::bytes);
        return TableBytes.withChecksum(table.build(), 7, size);
    }

    private static List<byte[]> entries(Platform platform) {
        List<byte[]> entries = new ArrayList<>();
        for (int cpu = 0; cpu < platform.cpus(); cpu++) {
            entries.add(new TableBytes().u8(PROCESSOR, cpu, LocalApic.VERSION & 0xff, ENABLED | (cpu == 0 ? BOOTSTRAP : 0))
                    .u32(platform.cpuSignature()).u32(platform.cpuFeatures()).zeros(8).build());
        }
        entries.add(new TableBytes().u8(BUS, PCI_BUS).text("PCI", 6).build());
        entries.add(new TableBytes().u8(BUS, ISA_BUS).text("ISA", 6).build());
        int ioApic = platform.ioApicId();
        entries.add(new TableBytes().u8(IO_APIC, ioApic, IoApic.VERSION & 0xff, ENABLED).u32(IoApic.ADDRESS).build());
        entries.add(interrupt(IO_INTERRUPT, EXTERNAL, 0, ISA_BUS, 0, ioApic, IoApic.PIN_OF_8259));
        for (IsaInterrupt irq : IsaInterrupt.all()) {
            entries.add(interrupt(IO_INTERRUPT, VECTORED, irq.flags(), ISA_BUS, irq.number(), ioApic, irq.pin()));
        }
        for (int device = 0; device < PciBus.DEVICES; device++) {
            for (int pin = 1; pin <= 4; pin++) {
                entries.add(interrupt(IO_INTERRUPT, VECTORED, LEVEL_ACTIVE_LOW, PCI_BUS, device << 2 | pin - 1, ioApic,
                        PciInterruptWires.FIRST_GSI + PciInterruptWires.wireOf(device, pin)));
            }
        }
        entries.add(interrupt(LOCAL_INTERRUPT, EXTERNAL, 0, ISA_BUS, 0, ALL_APICS, 0));
        entries.add(interrupt(LOCAL_INTERRUPT, NMI, 0, ISA_BUS, 0, ALL_APICS, 1));
        return entries;
    }

    private static byte[] interrupt(int entry, int type, int flags, int bus, int source, int apic, int pin) {
        return new TableBytes().u8(entry, type).u16(flags).u8(bus, source, apic, pin).build();
    }
}
