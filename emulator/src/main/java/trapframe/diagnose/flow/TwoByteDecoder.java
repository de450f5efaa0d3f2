package trapframe.diagnose.flow;

import java.util.List;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;

/** What the instructions whose opcodes come after 0F read and write, as {@link Decoder} does for the others. */
final class TwoByteDecoder {
    /** BT and its relatives leave ZF alone. */
    private static final int NO_ZERO = Decoded.ARITHMETIC & ~Decoded.ZF;
    /** The control registers that only MOV and the like write. */
    private static final List<Integer> SETTINGS = List.of(0, 3, 4);
    private static final int CLAC = 0xca;
    private static final int STAC = 0xcb;

    private final Encoding encoding;
    private final Operands operands;
    private final int opcode;

    TwoByteDecoder(Encoding encoding) {
        this.encoding = encoding;
        operands = new Operands(encoding);
        opcode = encoding.opcode();
    }

    /** Null if it is none that is known. */
    Decoded decode() {
        int size = operands.size();
        Operand rm = operands.rm(size);
        Operand reg = operands.reg(size);
        int conditionFlags = Decoded.conditionFlags(opcode & 15);
        return switch (opcode >> 4) {
            case 4 -> Decoded.of(Kind.OTHER, List.of(reg, rm), List.of(reg), conditionFlags, 0);
            case 8 -> operands.isShortened() ? null : Decoded.jump(opcode & 15);
            case 9 -> Decoded.of(Kind.OTHER, List.of(), List.of(operands.rm(1)), conditionFlags, 0);
            default -> others(rm, reg);
        };
    }

    private Decoded others(Operand rm, Operand reg) {
        int width = operands.sizeOrByte();
        return switch (opcode) {
            case 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x0d -> Decoded.of(Kind.NOTHING);
            case 0x01 -> encoding.modrm() == CLAC || encoding.modrm() == STAC ? Decoded.of(Kind.OTHER, List.of(), List.of(), 0, CpuState.AC) : null;
            case 0x20 -> encoding.memory().isPresent() || !SETTINGS.contains(encoding.reg()) ? null
                    : Decoded.of(Kind.OTHER, List.of(), List.of(operands.rm(operands.is64() ? 8 : 4)), 0, Decoded.ARITHMETIC);
            case 0x31 -> Decoded.of(Kind.TIME, List.of(), List.of(operands.accumulator(4), Operand.register(CpuState.RDX, 4)), 0, 0);
            case 0xa3, 0xab, 0xb3, 0xbb -> encoding.memory().isPresent() ? null : bitTest(rm, reg, opcode != 0xa3);
            case 0xba -> bitTest(rm, operands.immediate(1), encoding.extension() != 4);
            case 0xae -> encoding.memory().isEmpty() && encoding.extension() >= 5 && encoding.prefixes().repeat() == 0 ? Decoded.of(Kind.NOTHING) : null;
            case 0xaf -> Decoded.of(Kind.MULTIPLY, List.of(reg, rm), List.of(reg), 0, Decoded.ARITHMETIC);
            case 0xb0, 0xb1 -> Decoded.of(Kind.OTHER, List.of(operands.rm(width), operands.accumulator(width), operands.reg(width)),
                    List.of(operands.rm(width), operands.accumulator(width)), 0, Decoded.ARITHMETIC);
            case 0xb6, 0xb7 -> Decoded.copy(reg, operands.rm(opcode - 0xb5));
            case 0xbe, 0xbf -> Decoded.of(Kind.SIGN_EXTEND, List.of(operands.rm(opcode - 0xbd)), reg);
            // BSF and BSR keep the register where the operand is zero.
            case 0xbc, 0xbd -> Decoded.of(Kind.OTHER, List.of(reg, rm), List.of(reg), 0, Decoded.ARITHMETIC);
            case 0xb8 -> encoding.prefixes().repeat() == 0xf3 ? Decoded.of(Kind.OTHER, List.of(reg, rm), List.of(reg), 0, Decoded.ARITHMETIC) : null;
            case 0xa4, 0xac -> shift(rm, reg, operands.immediate(1));
            case 0xa5, 0xad -> shift(rm, reg, Operand.register(CpuState.RCX, 1));
            case 0xc0, 0xc1 -> Decoded.of(Kind.EXCHANGE_ADD, List.of(operands.rm(width), operands.reg(width)),
                    List.of(operands.rm(width), operands.reg(width)), 0, Decoded.ARITHMETIC);
            case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> swap(operands.inOpcode(operands.size()));
            default -> null;
        };
    }

    private static Decoded bitTest(Operand operand, Operand bit, boolean changes) {
        return Decoded.of(Kind.OTHER, List.of(operand, bit), changes ? List.of(operand) : List.of(), 0, NO_ZERO);
    }

    /** SHLD and SHRD. With a count of 0 the flags stay, so that what they were counts too. */
    private static Decoded shift(Operand to, Operand from, Operand count) {
        return Decoded.of(Kind.OTHER, List.of(to, from, count), List.of(to), Decoded.ARITHMETIC, Decoded.ARITHMETIC);
    }

    private static Decoded swap(Operand operand) {
        return Decoded.of(Kind.OTHER, List.of(operand), operand);
    }
}
