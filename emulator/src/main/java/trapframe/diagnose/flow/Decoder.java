package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;
import trapframe.x86.Encoding;
import trapframe.x86.MemoryOperand;

/**
 * What general-purpose instructions read and write (SDM vol. 2), as far as kernels need them where they wait. What it does not know it says so:
 * then nothing is proved.
 */
final class Decoder {
    private final Encoding encoding;
    private final Operands operands;
    private final int opcode;

    private Decoder(Encoding encoding) {
        this.encoding = encoding;
        operands = new Operands(encoding);
        opcode = encoding.opcode();
    }

    /** Empty if it is none that is known. */
    static Optional<Decoded> decode(Encoding encoding) {
        boolean isStrange = encoding.prefixes().rexIgnored() || encoding.prefixes().vex()
                || encoding.memory().filter(operand -> operand.addressSize() == 2).isPresent();
        Decoded decoded = isStrange ? null : switch (encoding.map()) {
            case 1 -> new Decoder(encoding).oneByte();
            case 2 -> new TwoByteDecoder(encoding).decode();
            default -> null;
        };
        return Optional.ofNullable(decoded).map(known -> known.withLength(encoding.length()));
    }

    private Decoded oneByte() {
        int size = operands.size();
        return switch (opcode >> 3) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> (opcode & 7) < 6 ? lowArithmetic() : null;
            case 0x40 >> 3, 0x48 >> 3 -> Decoded.step(operands.inOpcode(size), opcode < 0x48);
            case 0x50 >> 3 -> Decoded.push(operands.inOpcode(operands.stackSize()));
            case 0x58 >> 3 -> Decoded.of(Kind.POP, List.of(), operands.inOpcode(operands.stackSize()));
            case 0x70 >> 3, 0x78 >> 3 -> nearBranch(Decoded.jump(opcode & 15));
            case 0x90 >> 3 -> encoding.opcodeRegister() == CpuState.RAX ? Decoded.of(Kind.NOTHING)
                    : Decoded.exchange(operands.accumulator(size), operands.inOpcode(size));
            case 0xb0 >> 3 -> Decoded.copy(operands.inOpcode(1), operands.immediate(1));
            case 0xb8 >> 3 -> Decoded.copy(operands.inOpcode(size), operands.immediate(size));
            default -> others();
        };
    }

    private Decoded lowArithmetic() {
        int operation = opcode >> 3;
        int width = operands.sizeOrByte();
        return (opcode & 4) != 0 ? Decoded.arithmetic(operation, operands.accumulator(width), operands.immediate(width))
                : (opcode & 2) == 0 ? Decoded.arithmetic(operation, operands.rm(width), operands.reg(width))
                : Decoded.arithmetic(operation, operands.reg(width), operands.rm(width));
    }

    private Decoded others() {
        int size = operands.size();
        int width = operands.sizeOrByte();
        Operand rm = operands.rm(width);
        Operand reg = operands.reg(width);
        Operand accumulator = operands.accumulator(width);
        return switch (opcode) {
            case 0x63 -> operands.is64() ? Decoded.of(Kind.SIGN_EXTEND, List.of(operands.rm(4)), operands.reg(size)) : null;
            case 0x68, 0x6a -> Decoded.push(operands.immediate(operands.stackSize()));
            case 0x69, 0x6b -> Decoded.of(Kind.MULTIPLY, List.of(operands.rm(size), operands.immediate(size)), List.of(operands.reg(size)), 0,
                    Decoded.ARITHMETIC);
            case 0x80, 0x81, 0x83 -> Decoded.arithmetic(encoding.extension(), rm, operands.immediate(width));
            case 0x84, 0x85 -> test(rm, reg);
            case 0x86, 0x87 -> Decoded.exchange(rm, reg);
            case 0x88, 0x89 -> Decoded.copy(rm, reg);
            case 0x8a, 0x8b -> Decoded.copy(reg, rm);
            case 0x8d -> encoding.memory().isEmpty() ? null : Decoded.of(Kind.ADDRESS, List.of(rm), reg);
            case 0x98 -> Decoded.of(Kind.SIGN_EXTEND, List.of(operands.accumulator(size / 2)), operands.accumulator(size));
            case 0x99 -> Decoded.of(Kind.OTHER, List.of(operands.accumulator(size)), Operand.register(CpuState.RDX, size));
            case 0x9c -> Decoded.of(Kind.PUSH_FLAGS, List.of(), List.of(), Decoded.ARITHMETIC | Decoded.DF, 0);
            case 0x9d -> Decoded.of(Kind.POP_FLAGS, List.of(), List.of(), 0, Decoded.ARITHMETIC | Decoded.DF);
            case 0xa0, 0xa1 -> encoding.addressSize() == 2 ? null : Decoded.copy(accumulator, absolute(width));
            case 0xa2, 0xa3 -> encoding.addressSize() == 2 ? null : Decoded.copy(absolute(width), accumulator);
            case 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf -> new StringDecoder(encoding).decode();
            case 0xa8, 0xa9 -> test(accumulator, operands.immediate(width));
            case 0xc0, 0xc1 -> shift(rm, operands.immediate(1));
            case 0xd0, 0xd1 -> shift(rm, Operand.immediate(1, 1));
            case 0xd2, 0xd3 -> shift(rm, Operand.register(CpuState.RCX, 1));
            case 0xc3 -> Decoded.of(Kind.RETURN);
            case 0xc6, 0xc7 -> encoding.extension() == 0 ? Decoded.copy(rm, operands.immediate(width)) : null;
            case 0xc9 -> Decoded.of(Kind.LEAVE);
            case 0xe0, 0xe1, 0xe2, 0xe3 -> loop(Operand.register(CpuState.RCX, encoding.addressSize()));
            case 0xe4, 0xe5, 0xe6, 0xe7 -> port(Operand.immediate(encoding.immediate() & 0xff, 1));
            case 0xec, 0xed, 0xee, 0xef -> port(Operand.register(CpuState.RDX, 2));
            case 0xe8 -> nearBranch(Decoded.of(Kind.CALL));
            case 0xe9, 0xeb -> nearBranch(Decoded.of(Kind.NOTHING));
            case 0xf4 -> Decoded.of(Kind.HALT);
            case 0xf6, 0xf7 -> unary(rm);
            case 0xf8, 0xf9 -> Decoded.of(Kind.OTHER, List.of(), List.of(), 0, Decoded.CF);
            case 0xfa, 0xfb -> Decoded.of(Kind.INTERRUPT_FLAG);
            case 0xfc, 0xfd -> Decoded.of(Kind.OTHER, List.of(), List.of(), 0, Decoded.DF);
            case 0xfe -> encoding.extension() < 2 ? Decoded.step(rm, encoding.extension() == 0) : null;
            case 0xff -> stepOrCall(rm, operands.rm(operands.stackSize()));
            case 0xcf -> Decoded.of(Kind.INTERRUPT_RETURN);
            default -> null;
        };
    }

    private Decoded nearBranch(Decoded branch) {
        return operands.isShortened() ? null : branch;
    }

    private static Decoded test(Operand one, Operand other) {
        return Decoded.of(Kind.TEST, List.of(one, other), List.of(), 0, Decoded.ARITHMETIC);
    }

    private Operand absolute(int width) {
        return new Operand.Memory(new MemoryOperand(MemoryOperand.NONE, MemoryOperand.NONE, 1, encoding.immediate(), encoding.prefixes().segment(),
                encoding.addressSize()), width);
    }

    private Decoded shift(Operand operand, Operand count) {
        Kind kind = switch (encoding.extension()) {
            case 4, 6 -> Kind.SHIFT_LEFT;
            case 5 -> Kind.SHIFT_RIGHT;
            default -> Kind.OTHER;
        };
        // With a count of 0 the flags stay, so that what they were counts too.
        return Decoded.of(kind, List.of(operand, count), List.of(operand), Decoded.ARITHMETIC, Decoded.ARITHMETIC);
    }

    private Decoded loop(Operand count) {
        boolean counts = opcode != 0xe3;
        return Decoded.of(Kind.BRANCH, List.of(count), counts ? List.of(count) : List.of(), opcode < 0xe2 ? Decoded.ZF : 0, 0);
    }

    private Decoded port(Operand port) {
        Operand data = operands.accumulator(Math.min(4, operands.sizeOrByte()));
        return (opcode & 2) == 0 ? Decoded.of(Kind.IN, List.of(port), data) : Decoded.of(Kind.OUT, List.of(port, data), List.of(), 0, 0);
    }

    private Decoded unary(Operand operand) {
        int width = operand.bytes();
        Operand accumulator = operands.accumulator(width);
        Operand high = Operand.register(CpuState.RDX, width);
        return switch (encoding.extension()) {
            case 0, 1 -> test(operand, operands.immediate(width));
            case 2 -> Decoded.of(Kind.OTHER, List.of(operand), operand);
            case 3 -> Decoded.of(Kind.OTHER, List.of(operand), List.of(operand), 0, Decoded.ARITHMETIC);
            case 4, 5 -> Decoded.of(Kind.OTHER, List.of(operand, accumulator), width == 1 ? List.of(operands.accumulator(2)) : List.of(accumulator, high), 0,
                    Decoded.ARITHMETIC);
            // A division may fault by what it divides: it is a branch as well.
            default -> width == 1 ? null : Decoded.of(Kind.BRANCH, List.of(operand, accumulator, high), List.of(accumulator, high), 0, Decoded.ARITHMETIC);
        };
    }

    private Decoded stepOrCall(Operand operand, Operand onStack) {
        return switch (encoding.extension()) {
            case 0, 1 -> Decoded.step(operand, encoding.extension() == 0);
            case 2 -> nearBranch(Decoded.of(Kind.CALL, List.of(onStack), List.of(), 0, 0));
            case 4 -> nearBranch(Decoded.of(Kind.BRANCH, List.of(onStack), List.of(), 0, 0));
            case 6 -> Decoded.push(onStack);
            default -> null;
        };
    }
}
