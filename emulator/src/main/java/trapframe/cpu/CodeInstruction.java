package trapframe.cpu;

import trapframe.unicorn.CpuState;

/**
 * An instruction of 64-bit code, as far as an observer of locks and switches needs to know it (SDM vol. 2A, chapter 2).
 *
 * @param linear      address of its first byte
 * @param length      in bytes
 * @param map         1 for one-byte opcodes, 2 for those after 0F, 3 for 0F 38 and 0F 3A
 * @param code        the opcode byte in its map
 * @param modrm       the byte after the opcode, or -1 if it has none
 * @param sib         the byte after ModRM, or -1
 * @param rex         the REX prefix, or 0
 * @param displacement of the memory operand
 * @param immediate   sign-extended; 0 if it has none
 * @param locked      whether a LOCK prefix is there
 * @param unlocked    whether a DS prefix is there, which kernels on a single CPU put in the place of LOCK
 * @param operandSize in bytes: 2, 4 or 8; 1 for the opcodes of bytes
 * @param segment     the segment whose base counts for a memory operand, {@link CpuState#FS} or {@link CpuState#GS}, or -1
 */
public record CodeInstruction(long linear, int length, int map, int code, int modrm, int sib, int rex, int displacement, long immediate,
                              boolean locked, boolean unlocked, int operandSize, int segment) {
    private static final int RIP_RELATIVE = 5;

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

    public Kind kind() {
        if (locked || map == 1 && (code == 0x86 || code == 0x87) && hasMemoryOperand()
                || unlocked && map == 2 && (code == 0xb0 || code == 0xb1 || code == 0xc0 || code == 0xc1) && hasMemoryOperand()) {
            return Kind.INTERLOCKED;
        }
        if (map == 1) {
            return switch (code) {
                case 0xfa, 0xfb, 0x9d -> Kind.INTERRUPT_FLAG;
                case 0xcf -> Kind.RETURN;
                case 0x8b -> reg() == CpuState.RSP && (hasMemoryOperand() || isOtherStack(rm())) ? Kind.STACK : Kind.OTHER;
                case 0x89 -> !hasMemoryOperand() && rm() == CpuState.RSP && isOtherStack(reg()) ? Kind.STACK : Kind.OTHER;
                case 0x5c -> (rex & 1) == 0 ? Kind.STACK : Kind.OTHER;
                case 0x87 -> rm() == CpuState.RSP || reg() == CpuState.RSP ? Kind.STACK : Kind.OTHER;
                default -> Kind.OTHER;
            };
        }
        boolean loadsControl = code == 0x22 && (reg() == 0 || reg() == 3 || reg() == 4);
        return map != 2 ? Kind.OTHER : code == 0x07 || code == 0x35 ? Kind.RETURN : loadsControl || isInvlpg() ? Kind.INVALIDATION : Kind.OTHER;
    }

    /** Whether it has the TLB forget the page of its operand only. */
    public boolean isInvlpg() {
        return map == 2 && code == 0x01 && (modrm >> 3 & 7) == 7 && hasMemoryOperand();
    }

    private static boolean isOtherStack(int register) {
        return register != CpuState.RBP && register != CpuState.RSP;
    }

    public boolean hasMemoryOperand() {
        return modrm >= 0 && modrm >> 6 != 3;
    }

    /** The register in ModRM's reg field, or the opcode's extension there. */
    public int reg() {
        return modrm >> 3 & 7 | (rex & 4) << 1;
    }

    /** The register in ModRM's r/m field. */
    public int rm() {
        return modrm & 7 | (rex & 1) << 3;
    }

    /** Whether ModRM's reg field is no register but a part of the opcode. */
    private boolean isGroup() {
        return map == 1 && (code >= 0x80 && code <= 0x83 || code == 0x8f || code == 0xc0 || code == 0xc1 || code == 0xc6 || code == 0xc7
                || code >= 0xd0 && code <= 0xdf || code == 0xf6 || code == 0xf7 || code >= 0xfe) || map == 2 && (code == 0xba || code == 0xc7);
    }

    /** Whether a register is one of the operands, and not only a part of an address. */
    public boolean names(int register) {
        return modrm >= 0 && (!isGroup() && reg() == register || !hasMemoryOperand() && rm() == register);
    }

    /** Whether a register that is named gets a new value without being looked at: MOV to it, or XOR with itself. */
    public boolean onlyLoads(int register) {
        return map == 1 && (code == 0x8a || code == 0x8b || code == 0x31 && rm() == reg()) && reg() == register
                || map == 2 && (code == 0xb6 || code == 0xb7) && reg() == register && (hasMemoryOperand() || rm() != register);
    }

    /** The linear address of the memory operand, before the instruction executes. */
    public long address(CpuState state) {
        long address = displacement;
        int mode = modrm >> 6;
        int base = modrm & 7;
        if (base == 4) {
            int index = sib >> 3 & 7 | (rex & 2) << 2;
            if (index != 4) {
                address += state.register(index) << (sib >> 6);
            }
            base = sib & 7;
            if (base != RIP_RELATIVE || mode != 0) {
                address += state.register(base | (rex & 1) << 3);
            }
        } else if (base == RIP_RELATIVE && mode == 0) {
            address += linear + length;
        } else {
            address += state.register(base | (rex & 1) << 3);
        }
        return segment < 0 ? address : address + state.segmentBase(segment);
    }

    /** The value of the register in ModRM's reg field, in the operand's size. */
    public long source(CpuState state) {
        return truncate(byteOrRegister(state, reg()));
    }

    /** RAX in the operand's size, which CMPXCHG compares with. */
    public long accumulator(CpuState state) {
        return truncate(state.register(CpuState.RAX));
    }

    /** A value's bytes that the operand has. */
    public long truncate(long value) {
        return operandSize == 8 ? value : value & (1L << 8 * operandSize) - 1;
    }

    private long byteOrRegister(CpuState state, int register) {
        boolean high = operandSize == 1 && rex == 0 && register >= 4;
        return high ? state.register(register - 4) >>> 8 : state.register(register);
    }
}
