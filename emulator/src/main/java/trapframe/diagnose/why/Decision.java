package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Operand;
import trapframe.cpu.CpuSnapshot;
import trapframe.x86.GeneralRegister;

/** Which loads of a loop, from memory or a device, decide whether it goes on: those that feed the flags of a conditional jump with a way out of it. */
final class Decision {
    private static final Set<String> COMPARE = Set.of("cmp", "test", "sub", "and", "or", "xor", "add", "dec", "inc", "bt", "bts", "btr",
            "cmpxchg", "xadd", "neg", "shr", "shl", "sar");
    private static final Set<String> MOVE = Set.of("mov", "movzx", "movsx", "movsxd", "movabs", "xchg");

    private final Round round;

    Decision(Round round) {
        this.round = round;
    }

    /** The addresses of the instructions that load what decides, those of the outermost function first. */
    List<Long> deciding() {
        List<Long> outer = new ArrayList<>();
        List<Long> inner = new ArrayList<>();
        for (int i = 0; i < round.steps().size(); i++) {
            if (isWayOut(i)) {
                List<Long> found = round.steps().get(i).rsp() == round.outermost() ? outer : inner;
                feeding(i).ifPresent(load -> found.add(round.steps().get(load).instruction().address()));
            }
        }
        outer.addAll(inner);
        return outer;
    }

    /** Whether a step is a conditional jump of which one way leads where the loop does not go. */
    private boolean isWayOut(int index) {
        DecodedInstruction jump = round.steps().get(index).instruction();
        String operation = jump.operation();
        if (!operation.startsWith("j") || operation.equals("jmp") || !(jump.operands().getFirst() instanceof Operand.Immediate target)) {
            return false;
        }
        return !round.has(target.value()) || !round.has(jump.address() + jump.length());
    }

    private Round.Step step(int index) {
        return round.steps().get(Math.floorMod(index, round.steps().size()));
    }

    /** The step that loads what a jump depends on. */
    private Optional<Integer> feeding(int jump) {
        for (int back = 1; back < round.steps().size(); back++) {
            DecodedInstruction instruction = step(jump - back).instruction();
            if (COMPARE.contains(instruction.operation())) {
                return instruction.memory().isPresent() ? Optional.of(Math.floorMod(jump - back, round.steps().size()))
                        : source(jump - back, instruction.operands());
            }
            if (instruction.isTransfer()) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** The last load into one of the registers of an instruction. */
    private Optional<Integer> source(int index, List<Operand> operands) {
        Set<Integer> wanted = new TreeSet<>();
        operands.forEach(operand -> register(operand).ifPresent(wanted::add));
        for (int back = 1; back < round.steps().size(); back++) {
            DecodedInstruction instruction = step(index - back).instruction();
            boolean writes = !instruction.operands().isEmpty() && !instruction.operation().equals("cmp") && !instruction.operation().equals("test");
            OptionalInt written = writes ? register(instruction.operands().getFirst()) : OptionalInt.empty();
            if (written.isEmpty() || !wanted.contains(written.getAsInt())) {
                continue;
            }
            if (instruction.memory().isPresent() || instruction.operation().equals("in")) {
                return Optional.of(Math.floorMod(index - back, round.steps().size()));
            }
            if (MOVE.contains(instruction.operation())) {
                register(instruction.operands().getLast()).ifPresent(wanted::add);
            }
        }
        return Optional.empty();
    }

    /** The value that a load is compared with for equality, where the loop ends if it is that. */
    Optional<Long> wanted(int load) {
        for (int ahead = 0; ahead < round.steps().size(); ahead++) {
            Round.Step step = step(load + ahead);
            String operation = step.instruction().operation();
            if (operation.equals("cmp")) {
                DecodedInstruction jump = step(load + ahead + 1).instruction();
                boolean taken = step(load + ahead + 2).instruction().address() != jump.address() + jump.length();
                boolean untilEqual = jump.operation().equals("jne") && taken || jump.operation().equals("je") && !taken;
                return untilEqual ? other(step, load, ahead) : Optional.empty();
            }
            if (ahead > 0 && (step.instruction().isTransfer() || COMPARE.contains(operation))) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Optional<Long> other(Round.Step compare, int load, int ahead) {
        DecodedInstruction loading = step(load).instruction();
        OptionalInt loaded = ahead > 0 ? register(loading.operands().getFirst()) : OptionalInt.empty();
        return compare.instruction().operands().stream().filter(operand -> !(operand instanceof Operand.Memory))
                .filter(operand -> loaded.isEmpty() || !register(operand).equals(loaded)).findFirst().flatMap(operand -> value(operand, compare.before()));
    }

    private static Optional<Long> value(Operand operand, CpuSnapshot state) {
        return switch (operand) {
            case Operand.Immediate(long value, int _) -> Optional.of(value);
            case Operand.Register(_, int size) when register(operand).isPresent() -> {
                long whole = state.registers()[register(operand).getAsInt()];
                yield Optional.of(size < Long.BYTES ? whole & (1L << size * Byte.SIZE) - 1 : whole);
            }
            default -> Optional.empty();
        };
    }

    /** The number of the general register that an operand is, or is a part of. */
    private static OptionalInt register(Operand operand) {
        return operand instanceof Operand.Register(String name, int _) ? GeneralRegister.number(name) : OptionalInt.empty();
    }
}
