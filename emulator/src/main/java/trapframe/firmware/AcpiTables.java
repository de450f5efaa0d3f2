package trapframe.firmware;

import java.util.List;
import trapframe.device.Hpet;
import trapframe.device.PowerManagement;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.device.pci.PciConfigurationPorts;

/** The ACPI tables (ACPI 6.5, chapter 5, but for the HPET's, whose own specification has it), one method each. */
final class AcpiTables {
    private static final String OEM = "TRAPFR";
    private static final String OEM_TABLE = "TRAPFRAM";
    private static final String CREATOR = "TRAP";
    private static final int HEADER_SIZE = 36;
    private static final int CHECKSUM = 9;

    private static final int SPACE_MEMORY = 0;
    private static final int SPACE_IO = 1;

    /** IAPC_BOOT_ARCH: devices of the ISA bus, an 8042, no VGA. */
    private static final int BOOT_ARCHITECTURE = 1 | 1 << 1 | 1 << 2;
    /**
     * FADT's flags: WBINVD works, C1 works on every processor, no sleep button, no wake-up by the clock, a timer of 24 bits, a reset
     * register. The power button belongs to the fixed hardware.
     */
    private static final int FEATURES = 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 10;
    private static final int RESET_VALUE = 0x06;
    private static final int CMOS_CENTURY = 0x32;
    /** Latencies that say that there is no C2 and no C3. */
    private static final int NO_C2 = 0xfff;
    private static final int NO_C3 = 0xfff;

    private static final int MADT_LOCAL_APIC = 0;
    private static final int MADT_IO_APIC = 1;
    private static final int MADT_OVERRIDE = 2;
    private static final int MADT_LOCAL_NMI = 4;
    private static final int ALL_PROCESSORS = 0xff;

    private AcpiTables() { }

    /** RSDP: the root, which a kernel looks for. */
    static byte[] rootPointer(long rsdt, long xsdt) {
        byte[] table = new TableBytes().text("RSD PTR ", 8).u8(0).text(OEM, 6).u8(2).u32(rsdt)
                .u32(HEADER_SIZE).u64(xsdt).u8(0).zeros(3).build();
        TableBytes.withChecksum(table, 8, 20);
        return TableBytes.withChecksum(table, 32, table.length);
    }

    static byte[] rsdt(List<Long> tables) {
        TableBytes body = new TableBytes();
        tables.forEach(body::u32);
        return table("RSDT", 1, body.build());
    }

    static byte[] xsdt(List<Long> tables) {
        TableBytes body = new TableBytes();
        tables.forEach(body::u64);
        return table("XSDT", 1, body.build());
    }

    static byte[] dsdt(Platform platform) {
        return table("DSDT", 2, Dsdt.body(platform));
    }

    /** FACS, which has neither the usual header nor a checksum. */
    static byte[] facs() {
        return new TableBytes().text("FACS", 4).u32(64).zeros(24).u8(2).zeros(31).build();
    }

    static byte[] fadt(long facs, long dsdt) {
        return table("FACP", 4, new TableBytes()
                .u32(facs).u32(dsdt)
                .u8(0, 1)
                .u16(PowerManagement.SCI_IRQ)
                .u32(0).u8(0, 0, 0, 0)
                .u32(PowerManagement.EVENT_PORT).u32(0)
                .u32(PowerManagement.CONTROL_PORT).u32(0).u32(0)
                .u32(PowerManagement.TIMER_PORT)
                .u32(0).u32(0)
                .u8(4, 2, 0, 4, 0, 0, 0, 0)
                .u16(NO_C2).u16(NO_C3)
                .u16(0).u16(0).u8(0, 0, 0, 0, CMOS_CENTURY)
                .u16(BOOT_ARCHITECTURE).u8(0)
                .u32(FEATURES)
                .bytes(address(SPACE_IO, 8, 1, PciConfigurationPorts.RESET_CONTROL_PORT)).u8(RESET_VALUE).zeros(3)
                .u64(facs).u64(dsdt)
                .bytes(address(SPACE_IO, 32, 2, PowerManagement.EVENT_PORT)).zeros(12)
                .bytes(address(SPACE_IO, 16, 2, PowerManagement.CONTROL_PORT)).zeros(12).zeros(12)
                .bytes(address(SPACE_IO, 32, 3, PowerManagement.TIMER_PORT))
                .zeros(12).zeros(12)
                .build());
    }

    /** A generic address structure (section 5.2.3.2); the access size is 1 for bytes, 2 for words, 3 for double words. */
    private static byte[] address(int space, int bits, int accessSize, long address) {
        return new TableBytes().u8(space, bits, 0, accessSize).u64(address).build();
    }

    static byte[] madt(Platform platform) {
        TableBytes body = new TableBytes().u32(LocalApic.DEFAULT_ADDRESS).u32(1);
        for (int cpu = 0; cpu < platform.cpus(); cpu++) {
            body.u8(MADT_LOCAL_APIC, 8, cpu, cpu).u32(1);
        }
        body.u8(MADT_IO_APIC, 12, platform.ioApicId(), 0).u32(IoApic.ADDRESS).u32(0);
        for (IsaInterrupt irq : IsaInterrupt.exceptional()) {
            body.u8(MADT_OVERRIDE, 10, 0, irq.number()).u32(irq.pin()).u16(irq.flags());
        }
        body.u8(MADT_LOCAL_NMI, 6, ALL_PROCESSORS).u16(0).u8(1);
        return table("APIC", 3, body.build());
    }

    /** IA-PC HPET Specification 1.0a, section 3.2.4. */
    static byte[] hpet() {
        return table("HPET", 1, new TableBytes().u32(Hpet.CAPABILITIES)
                .bytes(address(SPACE_MEMORY, 64, 0, Hpet.ADDRESS)).u8(0).u16(Hpet.SHORTEST_TICKS).u8(0).build());
    }

    /** Puts the common header before a table's body. */
    private static byte[] table(String signature, int revision, byte[] body) {
        byte[] table = new TableBytes().text(signature, 4).u32(HEADER_SIZE + body.length).u8(revision, 0).text(OEM, 6)
                .text(OEM_TABLE, 8).u32(1).text(CREATOR, 4).u32(1).bytes(body).build();
        return TableBytes.withChecksum(table, CHECKSUM, table.length);
    }
}
