package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;
import trapframe.x86.MemoryOperand;

/** What one element of a string instruction reads and writes (SDM vol. 1, section 7.3.9), as {@link Decoder} says it of the others. */
final class StringDecoder {
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int REPNE = 0xf2;

    private final Encoding encoding;
    private final Operands operands;
    private final List<Operand> pointers = new ArrayList<>();

    StringDecoder(Encoding encoding) {
        this.encoding = encoding;
        operands = new Operands(encoding);
    }

    /** Null if it is none that is known. */
    Decoded decode() {
        Operand accumulator = operands.accumulator(operands.sizeOrByte());
        return encoding.addressSize() == 2 ? null : switch (encoding.opcode() & ~1) {
            case 0xa4 -> move(destination(), source());
            case 0xa6 -> compare(source(), destination());
            case 0xaa -> move(destination(), accumulator);
            case 0xac -> move(accumulator, source());
            case 0xae -> compare(accumulator, destination());
            default -> null;
        };
    }

    private Operand source() {
        return memory(RSI, encoding.prefixes().segment());
    }

    /** A segment prefix does not count. */
    private Operand destination() {
        return memory(RDI, MemoryOperand.NONE);
    }

    private Operand memory(int pointer, int segment) {
        pointers.add(Operand.register(pointer, encoding.addressSize()));
        return new Operand.Memory(new MemoryOperand(pointer, MemoryOperand.NONE, 1, 0, segment, encoding.addressSize()), operands.sizeOrByte());
    }

    private Decoded move(Operand to, Operand from) {
        return encoding.prefixes().repeat() == REPNE ? null : Decoded.of(Kind.STRING, List.of(from), writes(List.of(to)), Decoded.DF, 0);
    }

    private Decoded compare(Operand one, Operand other) {
        return Decoded.of(Kind.STRING, List.of(one, other), writes(List.of()), Decoded.DF, Decoded.ARITHMETIC);
    }

    private List<Operand> writes(List<Operand> result) {
        List<Operand> writes = new ArrayList<>(result);
        writes.addAll(pointers);
        if (encoding.prefixes().repeat() != 0) {
            writes.add(Operand.register(CpuState.RCX, encoding.addressSize()));
        }
        return writes;
    }
}
