package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.Witness;
import trapframe.machine.Machine;

/**
 * Writes down where kernels synchronise: before and behind interlocked instructions, which take locks; where interrupts are let in or kept out; at returns
 * from interrupts; and where another stack is loaded.
 */
final class SyncWatch implements Witness {
    private final List<Long> positions = new ArrayList<>();

    SyncWatch(Machine machine) {
        machine.witness(this);
    }

    /** Begins anew. */
    void begin() {
        positions.clear();
    }

    /** Since it began, in order. */
    List<Long> positions() {
        return positions;
    }

    @Override
    public void executes(Cpu cpu, long position, CodeInstruction instruction) {
        if (instruction.kind() != CodeInstruction.Kind.OTHER) {
            positions.add(position);
        }
        if (instruction.kind() == CodeInstruction.Kind.INTERLOCKED) {
            positions.add(position + instruction.length());
        }
    }
}
