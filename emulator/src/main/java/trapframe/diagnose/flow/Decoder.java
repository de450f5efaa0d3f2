package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;

/**
 * Decodes general-purpose instructions (SDM vol. 2, appendix A), as far as kernels need them where they wait. What it does not know it says so:
 * then nothing is proved.
 */
final class Decoder {
    private static final int MAX_LENGTH = 15;
    private static final int LOGIC = Decoded.ARITHMETIC;
    private static final int NO_CARRY = Decoded.ARITHMETIC & ~Decoded.CF;

    /** BT and its relatives leave ZF alone. */
    private static final int NO_ZERO = Decoded.ARITHMETIC & ~Decoded.ZF;

    private final byte[] bytes;
    private final boolean is64;
    private int at;
    private int rex;
    private boolean operandPrefix;
    private boolean addressPrefix;
    private int repeat;
    private int segment = Operand.NO_REGISTER;
    private int opcode;
    private int modrm;
    private Operand memory;

    private Decoder(byte[] bytes, boolean is64) {
        this.bytes = bytes;
        this.is64 = is64;
    }

    /**
     * @param bytes from the instruction's first one on
     * @param address linear, of the instruction
     * @return empty if it is none that is known
     */
    static Optional<Decoded> decode(byte[] bytes, boolean is64, long address) {
        try {
            return Optional.ofNullable(new Decoder(bytes, is64).instruction(address));
        } catch (ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    private int next() {
        return bytes[at++] & 0xff;
    }

    private Decoded instruction(long address) {
        int code = next();
        while (isPrefix(code)) {
            code = next();
        }
        if (is64 && (code & 0xf0) == 0x40) {
            rex = code;
            code = next();
        }
        Decoded decoded;
        if (code == 0x0f) {
            opcode = next();
            decoded = twoByte();
        } else {
            opcode = code;
            decoded = oneByte();
        }
        if (decoded == null || at > MAX_LENGTH) {
            return null;
        }
        long end = address + at;
        return new Decoded(at, decoded.kind(), decoded.reads().stream().map(operand -> resolve(operand, end)).toList(),
                decoded.writes().stream().map(operand -> resolve(operand, end)).toList(), decoded.flagsRead(), decoded.flagsWritten());
    }

    /** An address that is relative to RIP, when the instruction's end is known. */
    private static Operand resolve(Operand operand, long end) {
        return operand.isMemory() && operand.scale() == 0
                ? Operand.memory(Operand.NO_REGISTER, Operand.NO_REGISTER, 1, operand.value() + end, operand.segment(), operand.bytes(), 8) : operand;
    }

    private boolean isPrefix(int code) {
        switch (code) {
            case 0x66 -> operandPrefix = true;
            case 0x67 -> addressPrefix = true;
            case 0xf2, 0xf3 -> repeat = code;
            case 0x64 -> segment = CpuState.FS;
            case 0x65 -> segment = CpuState.GS;
            case 0xf0, 0x2e, 0x36, 0x3e, 0x26 -> { }
            default -> {
                return false;
            }
        }
        return true;
    }

    private int size() {
        return (rex & 8) != 0 ? 8 : operandPrefix ? 2 : 4;
    }

    /** Of pushes, pops and near branches. */
    private int stackSize() {
        boolean narrow = operandPrefix && (rex & 8) == 0;
        return narrow ? 2 : is64 ? 8 : 4;
    }

    private int sizeOrByte() {
        return (opcode & 1) == 0 ? 1 : size();
    }

    private int addressSize() {
        return is64 ? addressPrefix ? 4 : 8 : addressPrefix ? 2 : 4;
    }

    private long signed(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) next() << 8 * i;
        }
        return count == 8 ? value : value << 64 - 8 * count >> 64 - 8 * count;
    }

    private Operand immediate(int bytesOfIt, int width) {
        return Operand.immediate(signed(bytesOfIt), width);
    }

    private Operand register(int number, int width) {
        return width == 1 && rex == 0 && number >= 4 && number < 8 ? Operand.highByte(number - 4) : Operand.register(number, width);
    }

    private void modrm() {
        modrm = next();
        if (modrm >> 6 != 3) {
            memory = memoryOperand();
        }
    }

    private Operand reg(int width) {
        return register(modrm >> 3 & 7 | (rex & 4) << 1, width);
    }

    private Operand rm(int width) {
        if (modrm >> 6 == 3) {
            return register(modrm & 7 | (rex & 1) << 3, width);
        }
        return Operand.memory(memory.reg(), memory.index(), memory.scale(), memory.value(), memory.segment(), width, memory.addressBytes());
    }

    private Operand memoryOperand() {
        int size = addressSize();
        if (size == 2) {
            throw new ArrayIndexOutOfBoundsException("16-bit addresses");
        }
        int mod = modrm >> 6;
        int base = modrm & 7;
        int index = Operand.NO_REGISTER;
        int scale = 1;
        if (base == 4) {
            int sib = next();
            int number = sib >> 3 & 7 | (rex & 2) << 2;
            index = number == 4 ? Operand.NO_REGISTER : number;
            scale = 1 << (sib >> 6);
            base = sib & 7;
            if (base == 5 && mod == 0) {
                return Operand.memory(Operand.NO_REGISTER, index, scale, signed(4), segment, 0, size);
            }
        } else if (base == 5 && mod == 0) {
            // Scale 0 stands for "relative to RIP" until the end is known.
            return Operand.memory(Operand.NO_REGISTER, Operand.NO_REGISTER, is64 ? 0 : 1, signed(4), segment, 0, size);
        }
        long displacement = mod == 1 ? signed(1) : mod == 2 ? signed(4) : 0;
        return Operand.memory(base | (rex & 1) << 3, index, scale, displacement, segment, 0, size);
    }

    private static Decoded of(Kind kind, List<Operand> reads, List<Operand> writes, int flagsRead, int flagsWritten) {
        return new Decoded(0, kind, reads, writes, flagsRead, flagsWritten);
    }

    private static Decoded nothing() {
        return of(Kind.NOTHING, List.of(), List.of(), 0, 0);
    }

    /** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP by their number. */
    private static Decoded arithmetic(int operation, Operand to, Operand from) {
        List<Operand> both = List.of(to, from);
        List<Operand> result = List.of(to);
        boolean same = to.isRegister() && to.equals(from);
        return switch (operation) {
            case 0 -> of(Kind.ADD, both, result, 0, Decoded.ARITHMETIC);
            case 1 -> of(Kind.OTHER, both, result, 0, LOGIC);
            case 2, 3 -> of(Kind.OTHER, both, result, Decoded.CF, Decoded.ARITHMETIC);
            case 4 -> of(Kind.AND, both, result, 0, LOGIC);
            case 5 -> of(same ? Kind.COPY : Kind.SUBTRACT, same ? List.of(Operand.immediate(0, to.bytes())) : both, result, 0, Decoded.ARITHMETIC);
            case 6 -> same ? of(Kind.COPY, List.of(Operand.immediate(0, to.bytes())), result, 0, LOGIC) : of(Kind.OTHER, both, result, 0, LOGIC);
            default -> of(Kind.COMPARE, both, List.of(), 0, Decoded.ARITHMETIC);
        };
    }

    private static int conditionFlags(int condition) {
        return switch (condition >> 1) {
            case 0 -> Decoded.OF;
            case 1 -> Decoded.CF;
            case 2 -> Decoded.ZF;
            case 3 -> Decoded.CF | Decoded.ZF;
            case 4 -> Decoded.SF;
            case 5 -> Decoded.PF;
            case 6 -> Decoded.SF | Decoded.OF;
            default -> Decoded.ZF | Decoded.SF | Decoded.OF;
        };
    }

    private Decoded oneByte() {
        if (opcode < 0x40) {
            return (opcode & 7) < 6 ? lowArithmetic() : null;
        }
        if (!is64 && opcode < 0x50) {
            return step(Operand.register(opcode & 7, size()), opcode < 0x48);
        }
        int low = opcode & 7 | (rex & 1) << 3;
        return switch (opcode >> 3) {
            case 0x50 >> 3 -> push(Operand.register(low, stackSize()));
            case 0x58 >> 3 -> pop(Operand.register(low, stackSize()));
            case 0x70 >> 3, 0x78 >> 3 -> jump(conditionFlags(opcode & 15), 1);
            case 0x90 >> 3 -> low == 0 ? nothing() : exchange(Operand.register(0, size()), Operand.register(low, size()));
            case 0xb0 >> 3 -> copy(register(low, 1), immediate(1, 1));
            case 0xb8 >> 3 -> copy(Operand.register(low, size()), immediate(size(), size()));
            default -> others();
        };
    }

    private Decoded lowArithmetic() {
        int operation = opcode >> 3;
        int width = sizeOrByte();
        if ((opcode & 7) >= 4) {
            return arithmetic(operation, Operand.register(0, width), immediate(Math.min(4, width), width));
        }
        modrm();
        return (opcode & 2) == 0 ? arithmetic(operation, rm(width), reg(width)) : arithmetic(operation, reg(width), rm(width));
    }

    private Decoded others() {
        int width = sizeOrByte();
        switch (opcode) {
            case 0x63 -> {
                modrm();
                return is64 ? of(Kind.SIGN_EXTEND, List.of(rm(4)), List.of(reg(size())), 0, 0) : null;
            }
            case 0x68 -> {
                return push(immediate(operandPrefix ? 2 : 4, stackSize()));
            }
            case 0x6a -> {
                return push(immediate(1, stackSize()));
            }
            case 0x69, 0x6b -> {
                modrm();
                return of(Kind.MULTIPLY, List.of(rm(size()), immediate(opcode == 0x6b ? 1 : Math.min(4, size()), size())), List.of(reg(size())), 0,
                        Decoded.ARITHMETIC);
            }
            case 0x80, 0x81, 0x83 -> {
                modrm();
                return arithmetic(modrm >> 3 & 7, rm(width), immediate(opcode == 0x81 ? Math.min(4, width) : 1, width));
            }
            case 0x84, 0x85 -> {
                modrm();
                return of(Kind.TEST, List.of(rm(width), reg(width)), List.of(), 0, LOGIC);
            }
            case 0x86, 0x87 -> {
                modrm();
                return exchange(rm(width), reg(width));
            }
            case 0x88, 0x89 -> {
                modrm();
                return copy(rm(width), reg(width));
            }
            case 0x8a, 0x8b -> {
                modrm();
                return copy(reg(width), rm(width));
            }
            case 0x8d -> {
                modrm();
                return memory == null ? null : of(Kind.ADDRESS, List.of(rm(size())), List.of(reg(size())), 0, 0);
            }
            case 0x98 -> {
                return of(Kind.SIGN_EXTEND, List.of(Operand.register(0, size() / 2)), List.of(Operand.register(0, size())), 0, 0);
            }
            case 0x99 -> {
                return of(Kind.OTHER, List.of(Operand.register(0, size())), List.of(Operand.register(2, size())), 0, 0);
            }
            case 0x9c -> {
                return of(Kind.PUSH_FLAGS, List.of(), List.of(), Decoded.ARITHMETIC | Decoded.DF, 0);
            }
            case 0x9d -> {
                return of(Kind.POP_FLAGS, List.of(), List.of(), 0, Decoded.ARITHMETIC | Decoded.DF);
            }
            case 0xa0, 0xa1, 0xa2, 0xa3 -> {
                Operand accumulator = Operand.register(0, width);
                int addressBytes = addressSize();
                Operand place = Operand.memory(Operand.NO_REGISTER, Operand.NO_REGISTER, 1, signed(addressBytes), segment, width, addressBytes);
                return addressBytes == 2 ? null : opcode < 0xa2 ? copy(accumulator, place) : copy(place, accumulator);
            }
            case 0xa8, 0xa9 -> {
                return of(Kind.TEST, List.of(Operand.register(0, width), immediate(Math.min(4, width), width)), List.of(), 0, LOGIC);
            }
            case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3 -> {
                modrm();
                Operand count = (opcode & 0xf0) == 0xc0 ? immediate(1, 1) : (opcode & 2) == 0 ? Operand.immediate(1, 1) : Operand.register(1, 1);
                return shift(rm(width), count);
            }
            case 0xc2, 0xc3 -> {
                return opcode == 0xc3 ? of(Kind.RETURN, List.of(), List.of(), 0, 0) : null;
            }
            case 0xc6, 0xc7 -> {
                modrm();
                return (modrm & 0x38) == 0 ? copy(rm(width), immediate(Math.min(4, width), width)) : null;
            }
            case 0xc9 -> {
                return of(Kind.LEAVE, List.of(), List.of(), 0, 0);
            }
            case 0xe0, 0xe1, 0xe2, 0xe3 -> {
                at++;
                Operand count = Operand.register(1, addressSize());
                return of(Kind.BRANCH, List.of(count), opcode == 0xe3 ? List.of() : List.of(count), opcode < 0xe2 ? Decoded.ZF : 0, 0);
            }
            case 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef -> {
                Operand port = opcode < 0xe8 ? Operand.immediate(next(), 1) : Operand.register(2, 2);
                Operand data = Operand.register(0, width == 8 ? 4 : width);
                return (opcode & 2) == 0 ? of(Kind.IN, List.of(port), List.of(data), 0, 0) : of(Kind.OUT, List.of(port, data), List.of(), 0, 0);
            }
            case 0xe8 -> {
                if (isShortened()) {
                    return null;
                }
                signed(4);
                return of(Kind.CALL, List.of(), List.of(), 0, 0);
            }
            case 0xe9, 0xeb -> {
                if (isShortened()) {
                    return null;
                }
                signed(opcode == 0xeb ? 1 : 4);
                return nothing();
            }
            case 0xf4 -> {
                return of(Kind.HALT, List.of(), List.of(), 0, 0);
            }
            case 0xf6, 0xf7 -> {
                modrm();
                return unary(width);
            }
            case 0xf8, 0xf9 -> {
                return of(Kind.OTHER, List.of(), List.of(), 0, Decoded.CF);
            }
            case 0xfa, 0xfb -> {
                return of(Kind.INTERRUPT_FLAG, List.of(), List.of(), 0, 0);
            }
            case 0xfc, 0xfd -> {
                return of(Kind.OTHER, List.of(), List.of(), 0, Decoded.DF);
            }
            case 0xfe, 0xff -> {
                modrm();
                return stepOrCall(width);
            }
            case 0xcf -> {
                return of(Kind.INTERRUPT_RETURN, List.of(), List.of(), 0, 0);
            }
            default -> {
                return null;
            }
        }
    }

    private Decoded push(Operand operand) {
        return of(Kind.PUSH, List.of(operand), List.of(), 0, 0);
    }

    private Decoded pop(Operand operand) {
        return of(Kind.POP, List.of(), List.of(operand), 0, 0);
    }

    private static Decoded copy(Operand to, Operand from) {
        return of(Kind.COPY, List.of(from), List.of(to), 0, 0);
    }

    private static Decoded exchange(Operand one, Operand other) {
        return of(Kind.EXCHANGE, List.of(one, other), List.of(one, other), 0, 0);
    }

    private static Decoded step(Operand operand, boolean up) {
        List<Operand> both = List.of(operand, Operand.immediate(1, operand.bytes()));
        return of(up ? Kind.ADD : Kind.SUBTRACT, both, List.of(operand), 0, NO_CARRY);
    }

    /** Of such a branch Intel's processors ignore the prefix, and others do not (SDM vol. 2A, "Jcc"). */
    private boolean isShortened() {
        return operandPrefix && (rex & 8) == 0;
    }

    private Decoded jump(int flags, int displacementBytes) {
        if (isShortened()) {
            return null;
        }
        signed(displacementBytes);
        return of(Kind.BRANCH, List.of(), List.of(), flags, 0);
    }

    private Decoded shift(Operand operand, Operand count) {
        List<Operand> both = List.of(operand, count);
        // With a count of 0 the flags stay, so that what they were counts too.
        int flagsRead = Decoded.ARITHMETIC;
        return switch (modrm >> 3 & 7) {
            case 4, 6 -> of(Kind.SHIFT_LEFT, both, List.of(operand), flagsRead, Decoded.ARITHMETIC);
            case 5 -> of(Kind.SHIFT_RIGHT, both, List.of(operand), flagsRead, Decoded.ARITHMETIC);
            default -> of(Kind.OTHER, both, List.of(operand), flagsRead, Decoded.ARITHMETIC);
        };
    }

    private Decoded unary(int width) {
        Operand operand = rm(width);
        Operand accumulator = Operand.register(0, width);
        return switch (modrm >> 3 & 7) {
            case 0, 1 -> of(Kind.TEST, List.of(operand, immediate(Math.min(4, width), width)), List.of(), 0, LOGIC);
            case 2 -> of(Kind.OTHER, List.of(operand), List.of(operand), 0, 0);
            case 3 -> of(Kind.OTHER, List.of(operand), List.of(operand), 0, Decoded.ARITHMETIC);
            case 4, 5 -> of(Kind.OTHER, List.of(operand, accumulator), width == 1 ? List.of(Operand.register(0, 2))
                    : List.of(accumulator, Operand.register(2, width)), 0, Decoded.ARITHMETIC);
            // A division may fault by what it divides: it is a branch as well.
            default -> width == 1 ? null : of(Kind.BRANCH, List.of(operand, accumulator, Operand.register(2, width)),
                    List.of(accumulator, Operand.register(2, width)), 0, Decoded.ARITHMETIC);
        };
    }

    private Decoded stepOrCall(int width) {
        return switch (modrm >> 3 & 7) {
            case 0, 1 -> step(rm(width), (modrm >> 3 & 7) == 0);
            case 2 -> opcode == 0xff && !isShortened() ? of(Kind.CALL, List.of(rm(stackSize())), List.of(), 0, 0) : null;
            case 4 -> opcode == 0xff && !isShortened() ? of(Kind.BRANCH, List.of(rm(stackSize())), List.of(), 0, 0) : null;
            case 6 -> opcode == 0xff ? push(rm(stackSize())) : null;
            default -> null;
        };
    }

    private Decoded twoByte() {
        int low = opcode & 15;
        switch (opcode >> 4) {
            case 4 -> {
                modrm();
                return of(Kind.OTHER, List.of(reg(size()), rm(size())), List.of(reg(size())), conditionFlags(low), 0);
            }
            case 8 -> {
                return jump(conditionFlags(low), 4);
            }
            case 9 -> {
                modrm();
                return of(Kind.OTHER, List.of(), List.of(rm(1)), conditionFlags(low), 0);
            }
            default -> {
                return otherTwoByte();
            }
        }
    }

    private Decoded otherTwoByte() {
        int width = sizeOrByte();
        switch (opcode) {
            case 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x0d -> {
                modrm();
                return nothing();
            }
            case 0x01 -> {
                modrm();
                return modrm == 0xca || modrm == 0xcb ? of(Kind.OTHER, List.of(), List.of(), 0, 1 << 18) : null;
            }
            case 0x31 -> {
                return of(Kind.TIME, List.of(), List.of(Operand.register(0, 4), Operand.register(2, 4)), 0, 0);
            }
            case 0xa3, 0xab, 0xb3, 0xbb -> {
                modrm();
                return memory != null ? null : bitTest(reg(size()), opcode != 0xa3);
            }
            case 0xba -> {
                modrm();
                return bitTest(immediate(1, 1), (modrm >> 3 & 7) != 4);
            }
            case 0xae -> {
                modrm();
                return modrm >> 6 == 3 && (modrm >> 3 & 7) >= 5 && repeat == 0 ? nothing() : null;
            }
            case 0xaf -> {
                modrm();
                return of(Kind.MULTIPLY, List.of(reg(size()), rm(size())), List.of(reg(size())), 0, Decoded.ARITHMETIC);
            }
            case 0xb0, 0xb1 -> {
                modrm();
                Operand accumulator = Operand.register(0, width);
                return of(Kind.OTHER, List.of(rm(width), accumulator, reg(width)), List.of(rm(width), accumulator), 0, Decoded.ARITHMETIC);
            }
            case 0xb6, 0xb7 -> {
                modrm();
                return of(Kind.COPY, List.of(rm(opcode - 0xb5)), List.of(reg(size())), 0, 0);
            }
            case 0xbe, 0xbf -> {
                modrm();
                return of(Kind.SIGN_EXTEND, List.of(rm(opcode - 0xbd)), List.of(reg(size())), 0, 0);
            }
            case 0xbc, 0xbd, 0xb8 -> {
                modrm();
                // BSF and BSR keep the register where the operand is zero.
                return opcode == 0xb8 && repeat != 0xf3 ? null
                        : of(Kind.OTHER, List.of(reg(size()), rm(size())), List.of(reg(size())), 0, Decoded.ARITHMETIC);
            }
            case 0xa4, 0xa5, 0xac, 0xad -> {
                modrm();
                Operand count = (opcode & 1) == 0 ? immediate(1, 1) : Operand.register(1, 1);
                return of(Kind.OTHER, List.of(rm(size()), reg(size()), count), List.of(rm(size())), Decoded.ARITHMETIC, Decoded.ARITHMETIC);
            }
            case 0xc0, 0xc1 -> {
                modrm();
                return of(Kind.EXCHANGE_ADD, List.of(rm(width), reg(width)), List.of(rm(width), reg(width)), 0, Decoded.ARITHMETIC);
            }
            default -> {
                if (opcode >= 0xc8 && opcode < 0xd0) {
                    Operand operand = Operand.register(opcode & 7 | (rex & 1) << 3, size());
                    return of(Kind.OTHER, List.of(operand), List.of(operand), 0, 0);
                }
                return null;
            }
        }
    }

    private Decoded bitTest(Operand bit, boolean changes) {
        Operand operand = rm(size());
        return of(Kind.OTHER, List.of(operand, bit), changes ? List.of(operand) : List.of(), 0, NO_ZERO);
    }
}
