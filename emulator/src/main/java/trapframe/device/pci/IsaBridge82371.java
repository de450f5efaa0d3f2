package trapframe.device.pci;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import trapframe.bus.InterruptLine;
import trapframe.bus.Stateful;

/**
 * The PCI-to-ISA bridge: Intel 82371SB (PIIX3, 290550), function 0, with the steering of the interrupt wires PIRQA# to PIRQD# to
 * IRQs of the 8259s by the registers PIRQRC (0x60 to 0x63). Several wires may share an IRQ, which the guest then has to set to level
 * triggering (ELCR).
 *
 * <p>Not modelled: the registers that have no effect in this machine (decoding of ISA ranges, BIOS access, DMA, the motherboard's
 * own steering); they read 0. ELCR, port 92 and the reset control register are devices of their own.
 */
public final class IsaBridge82371 implements PciFunction, Stateful<IsaBridge82371.State> {
    /** The steering register of PIRQA#; those of the other wires follow. */
    public static final int STEERING = 0x60;
    public static final int WIRES = 4;

    private static final int STEERING_DISABLED = 0x80;
    private static final int STEERING_IRQ = 0x0f;
    /** IRQ 0, 1, 2, 8 and 13 are reserved. */
    private static final int STEERABLE = 0b1101_1110_1111_1000;

    /** @param levels of the wires PIRQA# to PIRQD# */
    public record State(PciConfiguration.State configuration, List<Boolean> levels) { }

    private final PciConfiguration configuration =
            new PciConfiguration(new PciIdentity(0x8086, 0x7000, 0, 0x06_0100, 0, 0));
    private final List<InterruptLine> irqs;
    private final boolean[] levels = new boolean[WIRES];
    private long changes;

    /** @param irq makes the bridge's connection to an IRQ of the 8259s, 0 to 15 */
    public IsaBridge82371(IntFunction<InterruptLine> irq) {
        irqs = IntStream.range(0, STEERING_IRQ + 1).mapToObj(irq).toList();
        int enabled = PciConfiguration.COMMAND_IO | PciConfiguration.COMMAND_MEMORY | PciConfiguration.COMMAND_MASTER;
        configuration.define(PciConfiguration.COMMAND, 2, enabled, 0).define(PciConfiguration.INTERRUPT_LINE, 1, 0, 0);
        for (int wire = 0; wire < WIRES; wire++) {
            configuration.define(STEERING + wire, 1, STEERING_DISABLED, STEERING_DISABLED | STEERING_IRQ);
        }
    }

    /** The input for a wire: 0 is PIRQA#. High means asserted. */
    InterruptLine wire(int wire) {
        return level -> {
            changes++;
            levels[wire] = level;
            drive(irqOf(wire));
        };
    }

    @Override
    public void writeConfiguration(int register, int width, int value) {
        int[] before = IntStream.range(0, WIRES).map(this::irqOf).toArray();
        configuration.write(register, width, value);
        for (int wire = 0; wire < WIRES; wire++) {
            if (irqOf(wire) != before[wire]) {
                drive(before[wire]);
                drive(irqOf(wire));
            }
        }
    }

    /** The IRQ that a wire is steered to, or -1. */
    private int irqOf(int wire) {
        int steering = configuration.get(STEERING + wire, 1);
        int number = steering & STEERING_IRQ;
        return (steering & STEERING_DISABLED) == 0 && (STEERABLE >> number & 1) != 0 ? number : -1;
    }

    private void drive(int number) {
        if (number >= 0) {
            irqs.get(number).set(IntStream.range(0, WIRES).anyMatch(wire -> levels[wire] && irqOf(wire) == number));
        }
    }

    @Override
    public String name() {
        return "82371 ISA bridge";
    }

    @Override
    public PciConfiguration configuration() {
        return configuration;
    }

    @Override
    public long changes() {
        return changes + configuration.changes();
    }

    @Override
    public State state() {
        return new State(configuration.state(), IntStream.range(0, WIRES).mapToObj(wire -> levels[wire]).toList());
    }

    @Override
    public void restore(State state) {
        changes++;
        configuration.restore(state.configuration);
        for (int wire = 0; wire < WIRES; wire++) {
            levels[wire] = state.levels.get(wire);
        }
    }
}
