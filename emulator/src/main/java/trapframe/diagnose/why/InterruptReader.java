package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.device.InterruptController8259;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.machine.Machine;

/** Reads what a machine's interrupt controllers have. */
final class InterruptReader {
    private static final int ALL_MASKED = 0xff;
    /** Entries of the I/O APIC with lower ones were never set up. */
    private static final int FIRST_LEGAL_VECTOR = 16;

    private InterruptReader() { }

    /** For each CPU, by number. */
    static List<InterruptState> read(Machine machine) {
        List<Optional<InterruptState.Apic>> apics = new ArrayList<>();
        List<InterruptState.Chip> chips = new ArrayList<>();
        List<IoApic.Pin> pins = new ArrayList<>();
        for (Machine.DeviceState device : machine.deviceStates()) {
            switch (device.state()) {
                case InterruptController8259.State(InterruptController8259.Chip master, InterruptController8259.Chip slave) -> {
                    add(chips, "master", master);
                    add(chips, "slave", slave);
                }
                case LocalApic.State state -> apics.add(!state.isEnabled() ? Optional.empty()
                        : Optional.of(new InterruptState.Apic(state.taskPriority(), state.requested(), state.inService())));
                case IoApic.State state -> state.requests().stream().filter(pin -> pin.vector() >= FIRST_LEGAL_VECTOR).forEach(pins::add);
                default -> { }
            }
        }
        List<InterruptState> states = new ArrayList<>();
        for (int cpu = 0; cpu < machine.cpus().size(); cpu++) {
            // The chips' INT output is wired to the first CPU.
            boolean isFirst = cpu == 0;
            states.add(new InterruptState(cpu < apics.size() ? apics.get(cpu) : Optional.empty(), isFirst ? chips : List.of(), isFirst ? pins : List.of()));
        }
        return states;
    }

    private static void add(List<InterruptState.Chip> chips, String name, InterruptController8259.Chip chip) {
        if (chip.imr() != ALL_MASKED || chip.isr() != 0) {
            chips.add(new InterruptState.Chip(name, chip.vector(0), chip.irr(), chip.isr(), chip.imr(), chip.lowest()));
        }
    }
}
