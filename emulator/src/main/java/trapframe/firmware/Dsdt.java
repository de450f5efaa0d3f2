package trapframe.firmware;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trapframe.device.Hpet;
import trapframe.device.InterruptController8259;
import trapframe.device.IntervalTimer8254;
import trapframe.device.KeyboardController8042;
import trapframe.device.PowerManagement;
import trapframe.device.Rtc146818;
import trapframe.device.SystemControlPortB;
import trapframe.device.Uart16550;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciFirmware;
import trapframe.device.pci.PciInterruptWires;

/**
 * The body of the DSDT: the devices of the board that no bus shows, how PCI's interrupts are wired, and the sleeping state S5.
 * Names and their meaning: ACPI 6.5, chapters 5 and 6.
 *
 * <p>The kernel says by {@code _PIC} which interrupt controllers it uses; {@code _PRT} answers with pins of the I/O APIC or with
 * IRQs of the 8259s.
 */
final class Dsdt {
    /** Where {@code _PIC} keeps what the kernel said: 0 for the 8259s, 1 for the I/O APIC. */
    private static final String CONTROLLER = "PICF";
    private static final String ROUTES_8259 = "PRTP";
    private static final String ROUTES_APIC = "PRTA";
    private static final int PAGE = 0x1000;
    private static final int ALL_FUNCTIONS = 0xffff;
    private static final int ISA_BRIDGE = 1;
    private static final int FIRST_PORT_BEHIND_CONFIGURATION = 0xd00;
    private static final int LAST_PORT_BEFORE_CONFIGURATION = 0xcf7;
    private static final int CONFIGURATION = 0xcf8;

    private Dsdt() { }

    static byte[] body(Platform platform) {
        byte[] sleepType = Aml.integer(PowerManagement.SLEEP_TYPE_S5);
        return new TableBytes()
                .bytes(Aml.name("\\" + CONTROLLER, Aml.integer(0)))
                .bytes(Aml.method("\\_PIC", 1, Aml.storeArgument(CONTROLLER)))
                .bytes(Aml.name("\\_S5", Aml.list(sleepType, sleepType, Aml.integer(0), Aml.integer(0))))
                .bytes(Aml.scope("\\_SB", devices(platform).toArray(byte[][]::new)))
                .build();
    }

    private static List<byte[]> devices(Platform platform) {
        List<byte[]> devices = new ArrayList<>();
        for (int cpu = 0; cpu < platform.cpus(); cpu++) {
            devices.add(Aml.device(String.format(Locale.ROOT, "CP%02X", cpu), Aml.name("_HID", Aml.string("ACPI0007")),
                    Aml.name("_UID", Aml.integer(cpu))));
        }
        devices.add(pciRoot());
        devices.add(board());
        devices.add(device("HPET", "PNP0103", new Resources().memory(Hpet.ADDRESS, Hpet.ADDRESS_BYTES)));
        // Its presses are an event of the fixed hardware; the device stands for it in the list of devices.
        devices.add(Aml.device("PWRB", Aml.name("_HID", Aml.eisaId("PNP0C0C"))));
        for (PlatformDevice device : platform.devices()) {
            devices.add(Aml.device(String.format(Locale.ROOT, "D%03d", devices.size()),
                    Aml.name("_HID", Aml.string(device.hardwareId())),
                    Aml.name("_UID", Aml.integer(device.uniqueId())),
                    Aml.name("_CCA", Aml.integer(1)),
                    Aml.name("_CRS", new Resources().memory(device.address(), device.length())
                            .interrupt(device.interrupt()).build())));
        }
        return devices;
    }

    private static byte[] device(String name, String id, Resources resources) {
        return Aml.device(name, Aml.name("_HID", Aml.eisaId(id)), Aml.name("_CRS", resources.build()));
    }

    private static byte[] pciRoot() {
        byte[] resources = new Resources().buses(0, 0)
                .ports(CONFIGURATION, 8)
                .portWindow(0, LAST_PORT_BEFORE_CONFIGURATION)
                .portWindow(FIRST_PORT_BEHIND_CONFIGURATION, 0xffff)
                .memoryWindow(PciBus.MEMORY_WINDOW_START, PciBus.MEMORY_WINDOW_END - 1)
                .highMemoryWindow(PciBus.HIGH_WINDOW_START, PciBus.HIGH_WINDOW_END - 1)
                .build();
        return Aml.device("PCI0",
                Aml.name("_HID", Aml.eisaId("PNP0A03")),
                Aml.name("_UID", Aml.integer(0)),
                Aml.name("_BBN", Aml.integer(0)),
                Aml.name("_CRS", resources),
                Aml.name(ROUTES_8259, routes(false)),
                Aml.name(ROUTES_APIC, routes(true)),
                Aml.method("_PRT", 0,
                        Aml.when(Aml.path(CONTROLLER), Aml.giveBack(Aml.path(ROUTES_APIC))),
                        Aml.giveBack(Aml.path(ROUTES_8259))),
                isaBridge());
    }

    /** Where each slot's pins end (section 6.2.13). */
    private static byte[] routes(boolean apic) {
        List<byte[]> routes = new ArrayList<>();
        for (int device = 0; device < PciBus.DEVICES; device++) {
            for (int pin = 1; pin <= 4; pin++) {
                int interrupt = apic ? PciInterruptWires.FIRST_GSI + PciInterruptWires.wireOf(device, pin)
                        : PciFirmware.irqOf(device, pin);
                routes.add(Aml.list(Aml.integer((long) device << 16 | ALL_FUNCTIONS), Aml.integer(pin - 1), Aml.integer(0),
                        Aml.integer(interrupt)));
            }
        }
        return Aml.list(routes.toArray(byte[][]::new));
    }

    private static byte[] isaBridge() {
        return Aml.device("ISA",
                Aml.name("_ADR", Aml.integer(ISA_BRIDGE << 16)),
                Aml.device("COM1",
                        Aml.name("_HID", Aml.eisaId("PNP0501")),
                        Aml.name("_UID", Aml.integer(1)),
                        Aml.name("_CRS", new Resources().ports(Uart16550.COM1_PORT, 8).irq(Uart16550.COM1_IRQ).build())),
                device("RTC", "PNP0B00", new Resources().ports(Rtc146818.PORT, 2).irq(Rtc146818.IRQ)),
                device("TIMR", "PNP0100", new Resources().ports(IntervalTimer8254.PORT, 4).irq(0)),
                device("PIC", "PNP0000", new Resources().ports(InterruptController8259.MASTER_PORT, 2)
                        .ports(InterruptController8259.SLAVE_PORT, 2).ports(InterruptController8259.ELCR_PORT, 2)
                        .irq(InterruptController8259.CASCADE)),
                device("KBD", "PNP0303", new Resources().ports(KeyboardController8042.DATA_PORT, 1)
                        .ports(KeyboardController8042.COMMAND_PORT, 1).irq(KeyboardController8042.KEYBOARD_IRQ)),
                device("SPKR", "PNP0800", new Resources().ports(SystemControlPortB.PORT, 1)));
    }

    /** What belongs to no other device and must not be given to one. */
    private static byte[] board() {
        return device("BORD", "PNP0C02", new Resources().ports(PowerManagement.PORT, PowerManagement.PORTS)
                .memory(IoApic.ADDRESS, PAGE).memory(LocalApic.DEFAULT_ADDRESS, PAGE));
    }
}
