package trapframe.device.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import trapframe.bus.InterruptLine;
import trapframe.bus.SharedLine;
import trapframe.bus.Stateful;

/**
 * The board's four PCI interrupt wires, PIRQA# to PIRQD#. Each is shared by the pins of many slots, and ends at two places: the ISA
 * bridge, which steers it to the 8259s, and one pin of the I/O APIC ({@link #FIRST_GSI} and the next three). Levels, high for asserted.
 */
public final class PciInterruptWires implements Stateful<PciInterruptWires.State> {
    /** The I/O APIC's pin of PIRQA#. */
    public static final int FIRST_GSI = 16;

    public record State(List<SharedLine.State> wires) { }

    private final List<SharedLine> wires = new ArrayList<>();

    /** @param ioApic the input of the I/O APIC for a pin */
    public PciInterruptWires(IsaBridge82371 isaBridge, IntFunction<InterruptLine> ioApic) {
        for (int wire = 0; wire < IsaBridge82371.WIRES; wire++) {
            InterruptLine steered = isaBridge.wire(wire);
            InterruptLine direct = ioApic.apply(FIRST_GSI + wire);
            wires.add(new SharedLine(level -> {
                steered.set(level);
                direct.set(level);
            }));
        }
    }

    /** The wire that a slot's pin ends at, 0 for PIRQA#: pins rotate from slot to slot, so that single pins spread over the wires. */
    public static int wireOf(int device, int pin) {
        return (device + pin - 1) % IsaBridge82371.WIRES;
    }

    /**
     * Makes the connection of one slot's pin.
     *
     * @param pin 1 for INTA# to 4 for INTD#
     */
    public InterruptLine connect(int device, int pin) {
        return wires.get(wireOf(device, pin)).input();
    }

    @Override
    public long changes() {
        long all = 0;
        for (SharedLine wire : wires) {
            all += wire.changes();
        }
        return all;
    }

    @Override
    public State state() {
        return new State(wires.stream().map(SharedLine::state).toList());
    }

    @Override
    public void restore(State state) {
        for (int wire = 0; wire < wires.size(); wire++) {
            wires.get(wire).restore(state.wires.get(wire));
        }
    }
}
