package trapframe.cpu;

import java.util.Optional;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;
import trapframe.x86.MemoryOperand;

/** An instruction of 64-bit code, as an observer of locks and switches sees it. */
public record CodeInstruction(Encoding encoding) {
    /** What an instruction is for who follows locks, interrupts and switches. */
    public enum Kind {
        /**
         * Reads and writes memory in one piece: a LOCK prefix, or XCHG with memory (SDM vol. 3A, section 9.1.2.2), or CMPXCHG or XADD where LOCK was
         * taken away.
         */
        INTERLOCKED,
        /** CLI, STI or POPF. */
        INTERRUPT_FLAG,
        /** IRET, SYSRET or SYSEXIT. */
        RETURN,
        /** Loads RSP with another stack's: MOV, POP or XCHG, but not from RBP. */
        STACK,
        /** Has the TLB forget: MOV to CR0, CR3 or CR4, or INVLPG (SDM vol. 3A, section 4.10.4.1). */
        INVALIDATION,
        /** Anything else. */
        OTHER
    }

    /**
     * Decodes the instruction at an offset.
     *
     * @param linear address of the instruction
     * @return empty if it is none of 64-bit code, or not the whole of one
     */
    public static Optional<CodeInstruction> decode(byte[] bytes, int offset, long linear) {
        return Encoding.decode(bytes, offset, CodeSize.BITS_64, linear).map(CodeInstruction::new);
    }

    /** The linear address of its first byte. */
    public long linear() {
        return encoding.address();
    }

    /** In bytes. */
    public int length() {
        return encoding.length();
    }

    /** Whether it has a LOCK prefix, or the one that kernels on a single CPU put in its place. */
    public boolean isPrefixed() {
        return encoding.prefixes().lock() || encoding.prefixes().data();
    }

    public Kind kind() {
        boolean exchange = is(1, 0x86) || is(1, 0x87);
        boolean compareOrAdd = is(2, 0xb0) || is(2, 0xb1) || is(2, 0xc0) || is(2, 0xc1);
        if (encoding.prefixes().lock() || hasMemoryOperand() && (exchange || compareOrAdd && encoding.prefixes().data())) {
            return Kind.INTERLOCKED;
        }
        int reg = encoding.reg();
        int rm = encoding.rm();
        return switch (encoding.map()) {
            case 1 -> switch (encoding.opcode()) {
                case 0xfa, 0xfb, 0x9d -> Kind.INTERRUPT_FLAG;
                case 0xcf -> Kind.RETURN;
                case 0x8b -> stackIf(reg == CpuState.RSP && (hasMemoryOperand() || isOtherStack(rm)));
                case 0x89 -> stackIf(!hasMemoryOperand() && rm == CpuState.RSP && isOtherStack(reg));
                case 0x5c -> stackIf(encoding.opcodeRegister() == CpuState.RSP);
                case 0x87 -> stackIf(rm == CpuState.RSP || reg == CpuState.RSP);
                default -> Kind.OTHER;
            };
            case 2 -> is(2, 0x07) || is(2, 0x35) ? Kind.RETURN : isInvlpg() || is(2, 0x22) && (reg == 0 || reg == 3 || reg == 4) ? Kind.INVALIDATION
                    : Kind.OTHER;
            default -> Kind.OTHER;
        };
    }

    /** Whether it has the TLB forget the page of its operand only. */
    public boolean isInvlpg() {
        return is(2, 0x01) && encoding.extension() == 7 && hasMemoryOperand();
    }

    private boolean is(int map, int opcode) {
        return encoding.is(map, opcode);
    }

    private static Kind stackIf(boolean is) {
        return is ? Kind.STACK : Kind.OTHER;
    }

    private static boolean isOtherStack(int register) {
        return register != CpuState.RBP && register != CpuState.RSP;
    }

    public boolean hasMemoryOperand() {
        return encoding.memory().isPresent();
    }

    /** Whether ModRM's reg field is no register but a part of the opcode. */
    private boolean isGroup() {
        int code = encoding.opcode();
        return encoding.map() == 1 && (code >= 0x80 && code <= 0x83 || code == 0x8f || code == 0xc0 || code == 0xc1 || code == 0xc6 || code == 0xc7
                || code >= 0xd0 && code <= 0xdf || code == 0xf6 || code == 0xf7 || code >= 0xfe) || is(2, 0xba) || is(2, 0xc7);
    }

    /** Whether a register is one of the operands, and not only a part of an address. */
    public boolean names(int register) {
        return encoding.modrm() >= 0 && (!isGroup() && encoding.reg() == register || !hasMemoryOperand() && encoding.rm() == register);
    }

    /** Whether a register that is named gets a new value without being looked at: MOV to it, or XOR with itself. */
    public boolean onlyLoads(int register) {
        return encoding.reg() == register && (is(1, 0x8a) || is(1, 0x8b) || is(1, 0x31) && encoding.rm() == register
                || (is(2, 0xb6) || is(2, 0xb7)) && (hasMemoryOperand() || encoding.rm() != register));
    }

    /** The linear address of the memory operand, before the instruction executes. */
    public long address(CpuState state) {
        MemoryOperand operand = encoding.memory().orElseThrow();
        long offset = operand.offset(state::register);
        return operand.segment() == MemoryOperand.NONE ? offset : offset + state.segmentBase(operand.segment());
    }

    /** The size of its operands in bytes: 1, 2, 4 or 8. */
    public int operandSize() {
        return isOfBytes() ? 1 : encoding.operandSize();
    }

    /** Whether the operand is a byte whatever the prefixes say. */
    private boolean isOfBytes() {
        int code = encoding.opcode();
        return encoding.map() == 1 && (code < 0x40 && (code & 5) == 0 || code == 0x80 || code == 0x84 || code == 0x86 || code == 0x88 || code == 0x8a
                || code == 0xc6 || code == 0xf6 || code == 0xfe) || is(2, 0xb0) || is(2, 0xc0);
    }

    /** The value of the register in ModRM's reg field, in the operand's size. */
    public long source(CpuState state) {
        int register = encoding.reg();
        boolean high = operandSize() == 1 && encoding.isHighByte(register);
        return truncate(high ? state.register(register - 4) >>> 8 : state.register(register));
    }

    /** RAX in the operand's size, which CMPXCHG compares with. */
    public long accumulator(CpuState state) {
        return truncate(state.register(CpuState.RAX));
    }

    /** A value's bytes that the operand has. */
    public long truncate(long value) {
        return operandSize() == 8 ? value : value & (1L << 8 * operandSize()) - 1;
    }
}
