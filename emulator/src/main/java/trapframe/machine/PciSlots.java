package trapframe.machine;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.bus.Stateful;
import trapframe.device.InterruptController8259;
import trapframe.device.SystemControl;
import trapframe.device.apic.IoApic;
import trapframe.device.pci.HostBridge82441;
import trapframe.device.pci.IsaBridge82371;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciConfigurationPorts;
import trapframe.device.pci.PciFirmware;
import trapframe.device.pci.PciInterruptWires;

/** The PCI bus of the board, with what is plugged in, as firmware leaves it. */
final class PciSlots {
    private static final int HOST_BRIDGE = 0;
    private static final int ISA_BRIDGE = 1;

    /** The I/O APIC's pins of the interrupt wires, which are high while nobody pulls them low. */
    static final int IDLE_PINS = (1 << IsaBridge82371.WIRES) - 1 << PciInterruptWires.FIRST_GSI;

    private final PciBus bus = new PciBus();
    private final PciConfigurationPorts configurationPorts;
    private final List<Stateful<?>> devices = new ArrayList<>();

    PciSlots(InterruptController8259 pic, IoApic ioApic, SystemControl control) {
        configurationPorts = new PciConfigurationPorts(bus, control);
        IsaBridge82371 isaBridge = new IsaBridge82371(pic::line);
        PciInterruptWires wires = new PciInterruptWires(isaBridge, pin -> activeLow(ioApic.pin(pin)));
        bus.plug(HOST_BRIDGE, 0, new HostBridge82441());
        bus.plug(ISA_BRIDGE, 0, isaBridge);
        devices.addAll(List.of(configurationPorts, isaBridge, wires));
        PciFirmware.run(bus, isaBridge, pic);
    }

    void attach(PortBus ports, MmioBus memory) {
        configurationPorts.attach(ports);
        bus.attach(ports, memory);
    }

    private static InterruptLine activeLow(InterruptLine pin) {
        return asserted -> pin.set(!asserted);
    }

    /** The devices, in the order of their states in the hash. */
    List<Stateful<?>> devices() {
        return List.copyOf(devices);
    }
}
