package trapframe.machine;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
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
import trapframe.device.pci.PciFunction;
import trapframe.device.pci.PciInterruptWires;

/** The PCI bus of the board, with what is plugged in, as firmware leaves it. */
final class PciSlots {
    private static final int HOST_BRIDGE = 0;
    private static final int ISA_BRIDGE = 1;
    private static final int INTA = 1;

    /** The first slot that is free for devices. */
    static final int FREE_SLOTS = 2;

    /** The I/O APIC's pins of the interrupt wires, which are high while nobody pulls them low. */
    static final int IDLE_PINS = (1 << IsaBridge82371.WIRES) - 1 << PciInterruptWires.FIRST_GSI;

    private final PciBus bus = new PciBus();
    private final PciConfigurationPorts configurationPorts;
    private final IsaBridge82371 isaBridge;
    private final PciInterruptWires wires;
    private final InterruptController8259 pic;

    /** @param irq makes one more connection to an IRQ of the 8259s */
    PciSlots(InterruptController8259 pic, IntFunction<InterruptLine> irq, IoApic ioApic, SystemControl control) {
        this.pic = pic;
        configurationPorts = new PciConfigurationPorts(bus, control);
        isaBridge = new IsaBridge82371(irq);
        wires = new PciInterruptWires(isaBridge, pin -> activeLow(ioApic.pin(pin)));
        bus.plug(HOST_BRIDGE, 0, new HostBridge82441());
        bus.plug(ISA_BRIDGE, 0, isaBridge);
    }

    /** Plugs a function into a slot; INTA# goes to the wire that belongs to it. */
    void plug(int device, Function<InterruptLine, PciFunction> function) {
        bus.plug(device, 0, function.apply(wires.connect(device, INTA)));
    }

    /** Firmware's part, when all is plugged in. */
    void powerOn() {
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
        return List.of(configurationPorts, isaBridge, wires);
    }
}
