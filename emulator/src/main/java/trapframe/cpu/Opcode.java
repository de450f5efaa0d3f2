package trapframe.cpu;

import trapframe.unicorn.CpuState;

/**
 * Just enough of an instruction to know what it is: prefixes, opcode and ModRM (SDM vol. 2A, chapter 2).
 *
 * @param map          1 for one-byte opcodes, 2 for those after 0F, 3 for 0F 38 and 0F 3A, 0 when it cannot be read
 * @param code         the opcode byte in its map
 * @param modrm        the byte after the opcode, or -1 when it cannot be read
 * @param repeated     whether an F2 or F3 prefix is there
 * @param repeatNotZero whether the repeat prefix is F2
 * @param addressSize  effective address size in bytes: 2, 4 or 8
 * @param operandSize  effective operand size in bytes: 2, 4 or 8, before an opcode's own default
 * @param prefixes     how many prefix bytes there are
 * @param rexB         whether the base or r/m register is one of R8 to R15
 * @param sib          the byte after ModRM, or -1
 * @param stackSegment whether no segment override moves a stack reference to another segment
 */
record Opcode(int map, int code, int modrm, boolean repeated, boolean repeatNotZero, int addressSize,
              int operandSize, int prefixes, boolean rexB, int sib, boolean stackSegment) {
    private static final int MAX_LENGTH = 15;

    /** Reads the instruction at RIP, from outside. */
    static Opcode at(CpuState state, LinearMemory memory) {
        boolean is64 = state.is64Bit();
        boolean is32 = (state.hflags() & CpuState.HFLAGS_CS32) != 0;
        long linear = state.linearRip();
        boolean repeat = false;
        boolean notZero = false;
        boolean operandPrefix = false;
        boolean addressPrefix = false;
        boolean wide = false;
        boolean rexB = false;
        boolean stackSegment = true;
        byte[] bytes = memory.look(linear, MAX_LENGTH + 4);
        for (int i = 0; i < Math.min(MAX_LENGTH, bytes.length); i++) {
            int value = bytes[i] & 0xff;
            if (value == 0xf2 || value == 0xf3) {
                repeat = true;
                notZero = value == 0xf2;
            } else if (value == 0x66) {
                operandPrefix = true;
            } else if (value == 0x67) {
                addressPrefix = true;
            } else if (is64 && (value & 0xf0) == 0x40) {
                wide = (value & 8) != 0;
                rexB = (value & 1) != 0;
            } else if (value == 0x64 || value == 0x65) {
                stackSegment = false;
            } else if (!isOtherPrefix(value)) {
                int address = is64 ? addressPrefix ? 4 : 8 : is32 != addressPrefix ? 4 : 2;
                int operand = wide ? 8 : (is64 || is32) != operandPrefix ? 4 : 2;
                if (value != 0x0f) {
                    return new Opcode(1, value, byteAt(bytes, i + 1), repeat, notZero, address, operand, i, rexB,
                            byteAt(bytes, i + 2), stackSegment);
                }
                int second = byteAt(bytes, i + 1);
                int map = second == 0x38 || second == 0x3a ? 3 : 2;
                int at = i + map - 1;
                return new Opcode(map, byteAt(bytes, at), byteAt(bytes, at + 1), repeat, notZero,
                        address, operand, i, rexB, byteAt(bytes, at + 2), stackSegment);
            }
        }
        return new Opcode(0, -1, -1, repeat, notZero, 8, 4, 0, false, -1, true);
    }

    private static int byteAt(byte[] bytes, int index) {
        return index < bytes.length ? bytes[index] & 0xff : -1;
    }

    private static boolean isOtherPrefix(int value) {
        return value == 0xf0 || value == 0x2e || value == 0x36 || value == 0x3e || value == 0x26;
    }

    private int reg() {
        return modrm >> 3 & 7;
    }

    /** The general register in ModRM's r/m field. */
    int rm() {
        return modrm & 7 | (rexB ? 8 : 0);
    }

    boolean isPushf() {
        return map == 1 && code == 0x9c;
    }

    /** POPF, IRET and SYSRET replace TF. */
    boolean loadsTrapFlag() {
        return map == 1 && (code == 0x9d || code == 0xcf) || map == 2 && code == 0x07;
    }

    boolean isMoveToDebugRegister() {
        return map == 2 && code == 0x23;
    }

    boolean isMoveToControlRegister() {
        return map == 2 && code == 0x22;
    }

    /** Length of a move to or from a control or debug register, in bytes. */
    int registerMoveLength() {
        return prefixes + 3;
    }

    /** Length of an instruction of two opcode bytes and nothing behind them. */
    int shortLength() {
        return prefixes + 2;
    }

    boolean isFarCall() {
        return map == 1 && (code == 0x9a || code == 0xff && reg() == 3);
    }

    /** INT1 (ICEBP). */
    boolean isInt1() {
        return map == 1 && code == 0xf1;
    }

    boolean isMoveFromDebugStatus() {
        return map == 2 && code == 0x21 && (reg() == 6 || reg() == 4);
    }

    boolean isMoveToDebugStatus() {
        return isMoveToDebugRegister() && (reg() == 6 || reg() == 4);
    }

    /** MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS. */
    boolean isString() {
        return map == 1 && (code >= 0xa4 && code <= 0xa7 || code >= 0xaa && code <= 0xaf || isPortString());
    }

    /** INS and OUTS. */
    boolean isPortString() {
        return map == 1 && code >= 0x6c && code <= 0x6f;
    }

    /** IN; only for IN and OUT. */
    boolean isPortRead() {
        return (code & 2) == 0;
    }

    /** Width of an IN or OUT in bytes. */
    int portWidth() {
        return (code & 1) == 0 ? 1 : operandSize == 2 ? 2 : 4;
    }

    /** Length of an IN or OUT in bytes: with an immediate port from E4 to E7, with DX from EC to EF. */
    int portLength() {
        return prefixes + (code < 0xec ? 2 : 1);
    }

    /** CMPS and SCAS, which a repeat prefix also ends on ZF. */
    boolean isComparing() {
        return map == 1 && (code == 0xa6 || code == 0xa7 || code == 0xae || code == 0xaf);
    }

    boolean isRepeatedString() {
        return repeated && isString();
    }

    /**
     * Whether the instruction's memory access goes through SS: pushes, pops, calls and returns, and operands based on
     * RSP or RBP. In doubt between a push and its source operand, the operand decides.
     */
    boolean addressesStack() {
        if (map == 1) {
            switch (code) {
                case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f,
                        0x68, 0x6a, 0x9c, 0x9d, 0xc2, 0xc3, 0xc8, 0xc9, 0xca, 0xcb, 0xcf, 0xe8 -> {
                    return true;
                }
                default -> { }
            }
            if (code == 0xff && modrm >> 6 == 3) {
                return true;
            }
        }
        boolean memoryOperand = modrm >= 0 && modrm >> 6 != 3;
        int base = (modrm & 7) == 4 ? sib & 7 : modrm & 7;
        boolean viaSib = (modrm & 7) == 4;
        boolean basedOnStack = !rexB && (viaSib && base == 4 || base == 5 && modrm >> 6 != 0);
        return memoryOperand && basedOnStack && stackSegment;
    }

    /**
     * Whether the instruction may read a descriptor table or the TSS by itself, with supervisor rights in ring 3 too
     * (SDM vol. 3A, section 4.6, "implicit supervisor-mode accesses").
     */
    boolean readsSystemTables() {
        if (map == 1) {
            return switch (code) {
                case 0x07, 0x17, 0x1f, 0x8e, 0x9a, 0xc4, 0xc5, 0xca, 0xcb, 0xcf, 0xea -> true;
                // IN, OUT, INS and OUTS read the I/O permission bitmap.
                case 0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef -> true;
                case 0xff -> reg() == 3 || reg() == 5;
                default -> false;
            };
        }
        return map == 2 && switch (code) {
            case 0x00, 0x02, 0x03, 0xa1, 0xa9, 0xb2, 0xb4, 0xb5 -> true;
            default -> false;
        };
    }
}
