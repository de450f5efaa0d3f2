package trapframe.device.pci;

import java.util.List;
import trapframe.device.InterruptController8259;

/**
 * What PC firmware leaves behind on the PCI bus: base address registers in the host bridge's windows, I/O and memory enabled (bus
 * mastering is left to drivers), the interrupt wires steered, and each function's interrupt line register.
 */
public final class PciFirmware {
    /** The IRQs of PIRQA# to PIRQD#, level-triggered in the ELCR. */
    private static final List<Integer> STEERED_IRQS = List.of(10, 11, 10, 11);

    private long nextPort = PciBus.IO_WINDOW_START;
    private long nextMemory = PciBus.MEMORY_WINDOW_START;

    private PciFirmware() { }

    /** The IRQ that firmware gives to a slot's pin. */
    public static int irqOf(int device, int pin) {
        return STEERED_IRQS.get(PciInterruptWires.wireOf(device, pin));
    }

    /** Sets up a machine at power-on. */
    public static void run(PciBus bus, IsaBridge82371 isaBridge, InterruptController8259 pic) {
        for (int wire = 0; wire < IsaBridge82371.WIRES; wire++) {
            int irq = STEERED_IRQS.get(wire);
            isaBridge.writeConfiguration(IsaBridge82371.STEERING + wire, 1, irq);
            pic.setLevelTriggered(irq);
        }
        PciFirmware firmware = new PciFirmware();
        for (int device = 0; device < PciBus.DEVICES; device++) {
            for (int function = 0; function < PciBus.FUNCTIONS; function++) {
                if (bus.function(device, function) != null) {
                    firmware.setUp(bus.function(device, function), device);
                }
            }
        }
    }

    private void setUp(PciFunction function, int device) {
        PciConfiguration configuration = function.configuration();
        for (PciBar bar : configuration.bars()) {
            int register = PciConfiguration.BAR0 + 4 * bar.index();
            switch (bar) {
                case PciBar.Io io -> {
                    nextPort = nextPort + io.size() - 1 & -io.size();
                    function.writeConfiguration(register, 4, (int) nextPort);
                    nextPort += io.size();
                }
                case PciBar.Memory memory -> {
                    nextMemory = nextMemory + memory.size() - 1 & -memory.size();
                    function.writeConfiguration(register, 4, (int) nextMemory);
                    nextMemory += memory.size();
                }
            }
        }
        int pin = configuration.get(PciConfiguration.INTERRUPT_PIN, 1);
        if (pin != 0) {
            function.writeConfiguration(PciConfiguration.INTERRUPT_LINE, 1, irqOf(device, pin));
        }
        if (!configuration.bars().isEmpty()) {
            function.writeConfiguration(PciConfiguration.COMMAND, 2,
                    PciConfiguration.COMMAND_IO | PciConfiguration.COMMAND_MEMORY);
        }
    }
}
