package trapframe.timeline;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;

/**
 * The first instruction behind which two runs differ.
 *
 * @param position    of the instruction
 * @param cpu         that executed it
 * @param rip         its linear address
 * @param instruction as a listing shows it, or its bytes
 * @param differences behind it, all of them
 */
public record FirstDifference(long position, int cpu, long rip, String instruction, List<StateDifference> differences) {

    /**
     * Finds it by halving the stretch between two positions, going back to the last position where both are equal each time.
     *
     * @param one    at a place where both are equal
     * @param other  at the same place
     * @param differ a position at which they differ
     * @param before the first of the recording's events that does not come on the way
     */
    static FirstDifference find(Rerun one, Rerun other, long differ, int before) {
        Rerun.Place equalOne = one.place();
        Rerun.Place equalOther = other.place();
        long low = equalOne.position();
        long high = differ;
        while (high - low > 1) {
            long middle = low + (high - low) / 2;
            one.restore(equalOne);
            other.restore(equalOther);
            one.goTo(middle, before);
            other.goTo(middle, before);
            if (areEqual(one, other) && one.position() < high) {
                equalOne = one.place();
                equalOther = other.place();
                low = one.position();
            } else {
                high = middle;
            }
        }
        one.restore(equalOne);
        other.restore(equalOther);
        Machine machine = other.machine();
        long[] rips = machine.cpus().stream().mapToLong(cpu -> cpu.state().linearRip()).toArray();
        String[] instructions = machine.cpus().stream().map(FirstDifference::instructionAt).toArray(String[]::new);
        one.goTo(low + 1, before);
        other.goTo(low + 1, before);
        int cpu = machine.cpuOnTurn().number();
        return new FirstDifference(low, cpu, rips[cpu], instructions[cpu], StateDifference.between(one.machine(), machine));
    }

    private static boolean areEqual(Rerun one, Rerun other) {
        return one.machine().stateHash().equals(other.machine().stateHash());
    }

    /** The instruction that a CPU executes next, if no interrupt comes first. */
    private static String instructionAt(Cpu cpu) {
        CpuState state = cpu.state();
        byte[] bytes = cpu.look(state.linearRip(), Encoding.MAX_LENGTH);
        if (bytes.length == 0) {
            return "an instruction that cannot be read";
        }
        Optional<Disassembler> found = Disassembler.openIfPresent(state.codeSize());
        if (found.isEmpty()) {
            return "bytes " + HexFormat.of().formatHex(bytes);
        }
        try (Disassembler disassembler = found.get()) {
            return disassembler.decode(bytes, 0, state.linearRip()).map(Instruction::text).orElse("an instruction that is none");
        }
    }
}
