package trapframe.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import trapframe.memory.GuestMemory;

/** The tables as a kernel finds and reads them. */
class FirmwareTest {
    private static final int SIGNATURE = 0x306c3;
    private static final int FEATURES = 0x781abfd;

    /** Writes the tables of a machine and hands its RAM over. */
    private interface Reader {
        void read(GuestMemory ram, Firmware firmware);
    }

    private static void with(int cpus, List<PlatformDevice> devices, Reader reader) {
        try (GuestMemory ram = new GuestMemory(16 << 20)) {
            Firmware firmware = new Firmware(new Platform(ram.size(), cpus, SIGNATURE, FEATURES, devices));
            firmware.write(ram);
            reader.read(ram, firmware);
        }
    }

    private static int sum(GuestMemory ram, long address, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += ram.getByte(address + i);
        }
        return sum & 0xff;
    }

    private static String text(GuestMemory ram, long address, int length) {
        return new String(ram.read(address, length), StandardCharsets.US_ASCII);
    }

    /** A structure that is looked for at multiples of 16 bytes below 1 MiB (ACPI 6.5, 5.2.5.1; MP 1.4, 4). */
    private static long find(GuestMemory ram, String signature) {
        for (long at = 0xf_0000; at < 0x10_0000; at += 16) {
            if (text(ram, at, signature.length()).equals(signature)) {
                return at;
            }
        }
        throw new AssertionError("no " + signature);
    }

    /** The tables of XSDT by signature, after checks of all that is common to them. */
    private static Map<String, Long> tables(GuestMemory ram) {
        long root = find(ram, "RSD PTR ");
        assertThat(sum(ram, root, 20)).as("checksum").isZero();
        assertThat(sum(ram, root, 36)).as("extended checksum").isZero();
        assertThat(ram.getByte(root + 15)).as("revision").isEqualTo(2);
        assertThat(ram.getInt(root + 20)).as("length").isEqualTo(36);
        List<Long> byXsdt = pointers(ram, ram.getLong(root + 24), "XSDT", 8);
        assertThat(pointers(ram, ram.getInt(root + 16), "RSDT", 4)).isEqualTo(byXsdt);
        Map<String, Long> tables = new TreeMap<>();
        for (long table : byXsdt) {
            tables.put(check(ram, table), table);
        }
        tables.put(check(ram, ram.getInt(tables.get("FACP") + 40)), (long) ram.getInt(tables.get("FACP") + 40));
        return tables;
    }

    private static List<Long> pointers(GuestMemory ram, long table, String signature, int width) {
        assertThat(check(ram, table)).isEqualTo(signature);
        List<Long> pointers = new ArrayList<>();
        for (int at = 36; at < ram.getInt(table + 4); at += width) {
            pointers.add(width == 4 ? ram.getInt(table + at) : ram.getLong(table + at));
        }
        return pointers;
    }

    private static String check(GuestMemory ram, long table) {
        String signature = text(ram, table, 4);
        assertThat(table % 16).as(signature).isZero();
        assertThat(table).as(signature).isBetween(0xf_0000L, 0x10_0000L);
        assertThat(sum(ram, table, ram.getInt(table + 4))).as("checksum of " + signature).isZero();
        return signature;
    }

    @Test
    void theRootPointerLeadsToEveryTable() {
        with(1, List.of(), (ram, firmware) -> {
            assertThat(tables(ram).keySet()).containsExactly("APIC", "DSDT", "FACP", "HPET");
            assertThat(firmware.rootPointer()).isEqualTo(find(ram, "RSD PTR "));
        });
    }

    @Test
    void theTablesLieInMemoryThatTheMapReserves() {
        with(16, List.of(), (ram, firmware) -> assertThat(firmware.memoryMap().regions()).anySatisfy(region -> {
            assertThat(region.type()).isEqualTo(MemoryMap.Type.RESERVED);
            assertThat(region.start()).isLessThanOrEqualTo(0xf_0000L);
            assertThat(region.end()).isGreaterThanOrEqualTo(firmware.tablesEnd());
        }));
    }

    @Test
    void fadtHasThePortsOfTheFixedHardware() {
        with(1, List.of(), (ram, firmware) -> {
            long fadt = tables(ram).get("FACP");
            assertThat(ram.getInt(fadt + 4)).as("length").isEqualTo(244);
            assertThat(ram.getShort(fadt + 46)).as("SCI_INT").isEqualTo(9);
            assertThat(ram.getInt(fadt + 48)).as("SMI_CMD").isZero();
            assertThat(ram.getInt(fadt + 56)).as("PM1a_EVT_BLK").isEqualTo(0x600);
            assertThat(ram.getInt(fadt + 64)).as("PM1a_CNT_BLK").isEqualTo(0x604);
            assertThat(ram.getInt(fadt + 76)).as("PM_TMR_BLK").isEqualTo(0x608);
            assertThat(ram.read(fadt + 88, 8)).as("lengths").containsExactly(4, 2, 0, 4, 0, 0, 0, 0);
            assertThat(ram.getByte(fadt + 108)).as("CENTURY").isEqualTo(0x32);
            int flags = ram.getInt(fadt + 112);
            assertThat(flags >> 4 & 1).as("a power button of the fixed hardware").isZero();
            assertThat(flags >> 8 & 1).as("a timer of 24 bits").isZero();
            assertThat(flags >> 10 & 1).as("RESET_REG_SUP").isEqualTo(1);
            assertThat(ram.getByte(fadt + 116)).as("RESET_REG's space").isEqualTo(1);
            assertThat(ram.getLong(fadt + 120)).as("RESET_REG").isEqualTo(0xcf9);
            assertThat(ram.getByte(fadt + 128)).as("RESET_VALUE").isEqualTo(6);
            assertThat(ram.getLong(fadt + 152)).as("X_PM1a_EVT_BLK").isEqualTo(0x600);
            assertThat(ram.getLong(fadt + 176)).as("X_PM1a_CNT_BLK").isEqualTo(0x604);
            assertThat(ram.getLong(fadt + 212)).as("X_PM_TMR_BLK").isEqualTo(0x608);
            long facs = ram.getInt(fadt + 36);
            assertThat(ram.getLong(fadt + 132)).isEqualTo(facs);
            assertThat(text(ram, facs, 4)).isEqualTo("FACS");
            assertThat(facs % 64).isZero();
            assertThat(ram.getLong(fadt + 140)).isEqualTo(ram.getInt(fadt + 40));
        });
    }

    @Test
    void madtListsTheProcessorsTheIoApicAndItsOverrides() {
        with(4, List.of(), (ram, firmware) -> {
            long madt = tables(ram).get("APIC");
            assertThat(ram.getInt(madt + 36)).isEqualTo(0xfee0_0000);
            assertThat(ram.getInt(madt + 40)).as("PCAT_COMPAT").isEqualTo(1);
            List<String> entries = new ArrayList<>();
            for (long at = madt + 44; at < madt + ram.getInt(madt + 4); at += ram.getByte(at + 1)) {
                entries.add(java.util.HexFormat.of().formatHex(ram.read(at, ram.getByte(at + 1))));
            }
            assertThat(entries).containsExactly(
                    "0008000001000000", "0008010101000000", "0008020201000000", "0008030301000000",
                    "010c04000000c0fe00000000",
                    "020a0000020000000000", "020a0009090000000d00",
                    "0406ff000001");
        });
    }

    @Test
    void hpetTableNamesTheTimersAndTheirAddress() {
        with(1, List.of(), (ram, firmware) -> {
            long hpet = tables(ram).get("HPET");
            assertThat(ram.getInt(hpet + 36)).isEqualTo(0x8086_a201);
            assertThat(ram.getByte(hpet + 40)).as("memory").isZero();
            assertThat(ram.getLong(hpet + 44)).isEqualTo(0xfed0_0000L);
        });
    }

    /** MP 1.4, chapter 4: the entries in the order of their types, each of its length. */
    @Property(tries = 16)
    void theMpTableDescribesEveryMachine(@ForAll @IntRange(min = 1, max = 16) int cpus) {
        with(cpus, List.of(), (ram, firmware) -> {
            long pointer = find(ram, "_MP_");
            assertThat(sum(ram, pointer, 16)).isZero();
            assertThat(ram.read(pointer + 8, 8)).startsWith(1, 4).endsWith(0, 0, 0, 0, 0);
            long table = ram.getInt(pointer + 4);
            assertThat(text(ram, table, 4)).isEqualTo("PCMP");
            int length = ram.getShort(table + 4);
            assertThat(sum(ram, table, length)).isZero();
            assertThat(ram.getInt(table + 36)).isEqualTo(0xfee0_0000);
            int[] counts = new int[5];
            List<Integer> isaPins = new ArrayList<>();
            long at = table + 44;
            for (int i = 0, last = 0; i < ram.getShort(table + 34); i++) {
                int type = ram.getByte(at);
                assertThat(type).isGreaterThanOrEqualTo(last);
                last = type;
                counts[type]++;
                if (type == 0) {
                    assertThat(ram.getByte(at + 1)).as("APIC ID").isEqualTo(counts[0] - 1);
                    assertThat(ram.getByte(at + 3)).as("enabled, bootstrap").isEqualTo(counts[0] == 1 ? 3 : 1);
                    assertThat(ram.getInt(at + 4)).isEqualTo(SIGNATURE);
                    assertThat(ram.getInt(at + 8)).isEqualTo(FEATURES);
                } else if (type == 2) {
                    assertThat(ram.getByte(at + 1)).as("the I/O APIC's ID").isEqualTo(cpus);
                    assertThat(ram.getInt(at + 4)).isEqualTo(0xfec0_0000);
                } else if (type == 3 && ram.getByte(at + 1) == 0 && ram.getByte(at + 4) == 1) {
                    isaPins.add(ram.getByte(at + 7));
                }
                at += type == 0 ? 20 : 8;
            }
            assertThat(at).isEqualTo(table + length);
            assertThat(counts).containsExactly(cpus, 2, 1, 1 + 15 + 128, 2);
            assertThat(isaPins).containsExactly(2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        });
    }

    @Property(tries = 16)
    void theTablesOfEveryMachineFit(@ForAll @IntRange(min = 1, max = 16) int cpus,
            @ForAll @IntRange(min = 0, max = 32) int count) {
        List<PlatformDevice> devices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            devices.add(new PlatformDevice("LNRO0005", i, 0xfe00_0000L + 0x200L * i, 0x200, 16 + i % 8));
        }
        with(cpus, devices, (ram, firmware) -> {
            long madt = tables(ram).get("APIC");
            assertThat(ram.getInt(madt + 4)).isEqualTo(44 + 8 * cpus + 12 + 20 + 6);
            long ioApic = madt + 44 + 8 * cpus;
            assertThat(ram.getByte(ioApic)).as("the I/O APIC's entry").isEqualTo(1);
            assertThat(ram.getByte(ioApic + 2)).as("its ID, which no CPU has").isEqualTo(cpus);
            assertThat(firmware.tablesEnd()).isLessThan(0x10_0000);
        });
    }
}
