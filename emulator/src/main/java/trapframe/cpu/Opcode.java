package trapframe.cpu;

import java.util.Optional;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;
import trapframe.x86.MemoryOperand;
import trapframe.x86.Prefixes;

/**
 * What a processor that executes an instruction in another way than the engine does has to know of it.
 *
 * @param encoding of map 0 when there is none
 */
record Opcode(Encoding encoding) {
    private static final Prefixes NO_PREFIXES = new Prefixes(0, 0, false, false, 0, false, false, false, false, MemoryOperand.NONE);
    private static final Opcode NONE = new Opcode(new Encoding(CodeSize.BITS_64, 0, 0, NO_PREFIXES, 0, -1, -1, Optional.empty(), 0));

    /** REPNE. */
    private static final int REPEAT_NOT_ZERO = 0xf2;

    /** Reads the instruction at RIP, from outside. */
    static Opcode at(CpuState state, LinearMemory memory) {
        long linear = state.linearRip();
        return Encoding.decode(memory.look(linear, Encoding.MAX_LENGTH), 0, state.codeSize(), linear).map(Opcode::new).orElse(NONE);
    }

    /** Whether it is an opcode of the one-byte map. */
    private boolean is(int code) {
        return encoding.is(1, code);
    }

    /** Whether it is one after 0F. */
    private boolean isTwoByte(int code) {
        return encoding.is(2, code);
    }

    /** In bytes. */
    int length() {
        return encoding.length();
    }

    /** The general register in ModRM's r/m field. */
    int rm() {
        return encoding.rm();
    }

    boolean isPushf() {
        return is(0x9c);
    }

    /** POPF, IRET and SYSRET replace TF. */
    boolean loadsTrapFlag() {
        return is(0x9d) || is(0xcf) || isTwoByte(0x07);
    }

    boolean isMoveToControlRegister() {
        return isTwoByte(0x22);
    }

    boolean isMsrRead() {
        return isTwoByte(0x32);
    }

    boolean isFarCall() {
        return is(0x9a) || is(0xff) && encoding.extension() == 3;
    }

    /** INT1 (ICEBP). */
    boolean isInt1() {
        return is(0xf1);
    }

    boolean isMoveFromDebugStatus() {
        return isTwoByte(0x21) && (encoding.extension() == 6 || encoding.extension() == 4);
    }

    boolean isMoveToDebugStatus() {
        return isTwoByte(0x23) && (encoding.extension() == 6 || encoding.extension() == 4);
    }

    /** MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS. */
    boolean isString() {
        int code = encoding.opcode();
        return encoding.map() == 1 && (code >= 0xa4 && code <= 0xa7 || code >= 0xaa && code <= 0xaf || isPortString());
    }

    /** INS and OUTS. */
    boolean isPortString() {
        return encoding.map() == 1 && encoding.opcode() >= 0x6c && encoding.opcode() <= 0x6f;
    }

    /** IN; only for IN and OUT. */
    boolean isPortRead() {
        return (encoding.opcode() & 2) == 0;
    }

    /** Width of an IN or OUT in bytes. */
    int portWidth() {
        return (encoding.opcode() & 1) == 0 ? 1 : encoding.operandSize() == 2 ? 2 : 4;
    }

    /** CMPS and SCAS, which a repeat prefix also ends on ZF. */
    boolean isComparing() {
        return is(0xa6) || is(0xa7) || is(0xae) || is(0xaf);
    }

    boolean isRepeatedString() {
        return encoding.prefixes().repeat() != 0 && isString();
    }

    /** Whether a repeat prefix goes on while ZF is clear. */
    boolean repeatsWhileNotZero() {
        return encoding.prefixes().repeat() == REPEAT_NOT_ZERO;
    }

    /**
     * Whether the instruction's memory access goes through SS: pushes, pops, calls and returns, and operands based on
     * RSP or RBP. In doubt between a push and its source operand, the operand decides.
     */
    boolean addressesStack() {
        if (encoding.map() == 1) {
            switch (encoding.opcode()) {
                case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f,
                        0x68, 0x6a, 0x9c, 0x9d, 0xc2, 0xc3, 0xc8, 0xc9, 0xca, 0xcb, 0xcf, 0xe8 -> {
                    return true;
                }
                default -> { }
            }
            if (encoding.opcode() == 0xff && encoding.memory().isEmpty()) {
                return true;
            }
        }
        return encoding.memory().filter(operand -> operand.segment() == MemoryOperand.NONE
                && (operand.base() == CpuState.RSP || operand.base() == CpuState.RBP)).isPresent();
    }

    /**
     * Whether the instruction may read a descriptor table or the TSS by itself, with supervisor rights in ring 3 too
     * (SDM vol. 3A, section 4.6, "implicit supervisor-mode accesses").
     */
    boolean readsSystemTables() {
        int code = encoding.opcode();
        return switch (encoding.map()) {
            case 1 -> switch (code) {
                case 0x07, 0x17, 0x1f, 0x8e, 0x9a, 0xc4, 0xc5, 0xca, 0xcb, 0xcf, 0xea -> true;
                // IN, OUT, INS and OUTS read the I/O permission bitmap.
                case 0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef -> true;
                case 0xff -> encoding.extension() == 3 || encoding.extension() == 5;
                default -> false;
            };
            case 2 -> switch (code) {
                case 0x00, 0x02, 0x03, 0xa1, 0xa9, 0xb2, 0xb4, 0xb5 -> true;
                default -> false;
            };
            default -> false;
        };
    }
}
