package trapframe.diagnose.why;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Operand;
import trapframe.x86.GeneralRegister;

/** Which bits of what an instruction of a loop loads the loop looks at. */
final class TestedBits {
    private static final Set<String> MOVES = Set.of("mov", "movzx", "movsx", "movsxd");
    /** What leaves each bit where it is. */
    private static final Set<String> IN_PLACE = Set.of("and", "or", "xor", "not");
    /** What writes registers that it does not name as its first operand, besides those that have no operands. */
    private static final Set<String> SEVERAL_RESULTS = Set.of("mul", "imul", "div", "idiv", "xchg", "cmpxchg", "xadd");
    /** What writes no general register but RSP. */
    private static final Set<String> WITHOUT_RESULT = Set.of("nop", "pause", "push", "out", "lfence", "mfence", "sfence", "endbr64", "cli", "sti", "cld");

    private final Round round;
    /** The registers that hold bits of what was loaded, each in its place. */
    private final TreeMap<Integer, Long> held = new TreeMap<>();
    private long tested;

    private TestedBits(Round round) {
        this.round = round;
    }

    /**
     * The bits; empty if that cannot be told.
     *
     * @param load  index of the step that loads
     * @param bytes that it loads, 1 to 8
     */
    static OptionalLong of(Round round, int load, int bytes) {
        TestedBits bits = new TestedBits(round);
        bits.follow(load, bytes);
        return bits.tested == 0 ? OptionalLong.empty() : OptionalLong.of(bits.tested);
    }

    private void follow(int load, int bytes) {
        DecodedInstruction loading = instruction(load);
        if (isTest(loading)) {
            tested = compared(loading, mask(bytes));
            return;
        }
        register(loading.operands().getFirst()).ifPresent(register -> held.put(register, mask(bytes)));
        for (int ahead = 1; ahead < round.steps().size() && !held.isEmpty(); ahead++) {
            step(instruction(load + ahead), instruction(load + ahead + 1));
        }
    }

    private void step(DecodedInstruction instruction, DecodedInstruction next) {
        if (isTest(instruction)) {
            instruction.operands().stream().limit(instruction.operation().equals("bt") ? 1 : 2).forEach(operand ->
                    tested |= compared(instruction, held(operand)));
        } else if (!instruction.isTransfer() && !WITHOUT_RESULT.contains(instruction.operation())) {
            write(instruction, next.operation().startsWith("j") && !next.operation().equals("jmp"));
        }
    }

    /** @param decides whether a conditional jump follows */
    private void write(DecodedInstruction instruction, boolean decides) {
        if (instruction.operands().isEmpty() || SEVERAL_RESULTS.contains(instruction.operation())) {
            held.clear();
            return;
        }
        OptionalInt to = register(instruction.operands().getFirst());
        if (to.isPresent()) {
            long result = result(instruction);
            tested |= decides && !MOVES.contains(instruction.operation()) ? result : 0;
            held.put(to.getAsInt(), result);
            held.remove(to.getAsInt(), 0L);
        }
    }

    /** What of the loaded bits an instruction leaves in its first operand, each in its place. */
    private long result(DecodedInstruction instruction) {
        Operand to = instruction.operands().getFirst();
        Operand from = instruction.operands().getLast();
        if (MOVES.contains(instruction.operation())) {
            return held(from);
        }
        return switch (from) {
            case Operand.Immediate(long value, int _) when IN_PLACE.contains(instruction.operation()) ->
                    instruction.operation().equals("and") ? held(to) & value : held(to);
            default -> instruction.operation().equals("not") ? held(to) : 0;
        };
    }

    /** Which of some bits of an operand an instruction looks at. */
    private static long compared(DecodedInstruction instruction, long bits) {
        return instruction.operands().getLast() instanceof Operand.Immediate(long value, int _) ? switch (instruction.operation()) {
            case "test" -> bits & value;
            case "bt" -> bits & 1L << value;
            default -> bits;
        } : bits;
    }

    private static boolean isTest(DecodedInstruction instruction) {
        return instruction.operation().equals("cmp") || instruction.operation().equals("test") || instruction.operation().equals("bt");
    }

    private long held(Operand operand) {
        OptionalInt register = register(operand);
        return register.isEmpty() ? 0 : held.getOrDefault(register.getAsInt(), 0L) & mask(operand.size());
    }

    private static OptionalInt register(Operand operand) {
        return operand instanceof Operand.Register(String name, int _) ? GeneralRegister.number(name) : OptionalInt.empty();
    }

    private DecodedInstruction instruction(int index) {
        return round.steps().get(Math.floorMod(index, round.steps().size())).instruction();
    }

    private static long mask(int bytes) {
        return bytes >= Long.BYTES ? -1 : (1L << Byte.SIZE * bytes) - 1;
    }
}
