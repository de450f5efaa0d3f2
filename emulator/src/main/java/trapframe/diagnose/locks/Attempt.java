package trapframe.diagnose.locks;

import java.util.Optional;
import java.util.OptionalLong;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;

/**
 * An instruction that may take a lock, before it executes.
 *
 * @param kind     what it is
 * @param address  physical, of the cell
 * @param linear   the same, linear
 * @param width    of the cell in bytes
 * @param old      what is in the cell
 * @param value    what XADD adds, or the others put there
 * @param succeeds whether that is put there: CMPXCHG compares first
 * @param site     address of the instruction
 * @param position of the instruction
 * @param behind   position behind it
 */
record Attempt(Kind kind, long address, long linear, int width, long old, long value, boolean succeeds, long site, long position, long behind) {
    enum Kind { EXCHANGE, COMPARE, ADD }

    /** Code bytes behind XCHG that are looked at. */
    private static final int LOOK_AHEAD = 32;
    /** RET, CALL and JMP. */
    private static final String ENDS = "\u00c3\u00e8\u00e9\u00eb";
    private static final long KERNEL_HALF = 0xffff_8000_0000_0000L;

    /** Empty if the instruction takes no lock, whatever comes. */
    static Optional<Attempt> of(Cpu cpu, Cells cells, long position, CodeInstruction instruction) {
        Kind kind = kind(instruction);
        if (kind == null || !instruction.hasMemoryOperand()) {
            return Optional.empty();
        }
        CpuState state = cpu.state();
        int width = instruction.operandSize();
        long linear = instruction.address(state);
        OptionalLong physical = cpu.physical(linear);
        if (physical.isEmpty() || physical.getAsLong() % width != 0 || !cells.ram().isRam(physical.getAsLong(), width)) {
            return Optional.empty();
        }
        long old = cells.read(physical.getAsLong(), width);
        long value = instruction.source(state);
        if (value == 0 || kind == Kind.COMPARE && isCounted(width, value) || kind == Kind.EXCHANGE && !isTested(cpu, instruction)) {
            return Optional.empty();
        }
        return Optional.of(new Attempt(kind, physical.getAsLong(), linear, width, old, value,
                kind != Kind.COMPARE || instruction.accumulator(state) == old, instruction.linear(), position, position + instruction.length()));
    }

    private static Kind kind(CodeInstruction instruction) {
        int map = instruction.encoding().map();
        int code = instruction.encoding().opcode() | 1;
        return map == 1 && code == 0x87 ? Kind.EXCHANGE : map != 2 ? null : code == 0xb1 ? Kind.COMPARE : code == 0xc1 ? Kind.ADD : null;
    }

    /** Whether what is put there is a pointer of the kernel. */
    boolean putsPointer() {
        return value < 0 && Long.compareUnsigned(value, KERNEL_HALF) >= 0;
    }

    /** Whether a value is a count beside a lock, in one word with it: Linux's lockref. */
    private static boolean isCounted(int width, long value) {
        return width == Long.BYTES && value >= 0 && (value & 0xffff_ffffL) == 0;
    }

    /** Whether code looks at what XCHG brought back; if it does not, it is a store that compilers make where all CPUs have to see it at once. */
    private static boolean isTested(Cpu cpu, CodeInstruction exchange) {
        int register = exchange.encoding().reg();
        long linear = exchange.linear() + exchange.length();
        byte[] code = cpu.look(linear, LOOK_AHEAD);
        for (int at = 0; at < code.length; ) {
            Optional<CodeInstruction> next = CodeInstruction.decode(code, at, linear + at);
            if (next.isEmpty() || isEnd(next.get().encoding())) {
                return false;
            }
            if (next.get().names(register)) {
                return !next.get().onlyLoads(register);
            }
            at += next.get().length();
        }
        return false;
    }

    private static boolean isEnd(Encoding encoding) {
        return encoding.map() == 1 && ENDS.indexOf(encoding.opcode()) >= 0;
    }
}
