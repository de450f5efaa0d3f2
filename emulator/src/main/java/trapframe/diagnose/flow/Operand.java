package trapframe.diagnose.flow;

/**
 * An operand of an instruction.
 *
 * @param bytes   its width, 1 to 16
 * @param reg     of a register its number; of memory the base register, or {@link #NO_REGISTER}
 * @param high    whether it is AH, CH, DH or BH
 * @param index   of memory the index register, or {@link #NO_REGISTER}
 * @param scale   of the index
 * @param value   the immediate; of memory the displacement, with the end of the instruction if it is relative to RIP
 * @param segment whose base is added: a number of {@link trapframe.unicorn.CpuState}, or {@link #NO_REGISTER} where the base is zero
 * @param addressBytes width of the address: 4 or 8
 */
record Operand(Kind kind, int bytes, int reg, boolean high, int index, int scale, long value, int segment, int addressBytes) {
    enum Kind { REGISTER, IMMEDIATE, MEMORY }

    static final int NO_REGISTER = -1;

    static Operand register(int number, int bytes) {
        return new Operand(Kind.REGISTER, bytes, number, false, NO_REGISTER, 1, 0, NO_REGISTER, 0);
    }

    static Operand highByte(int number) {
        return new Operand(Kind.REGISTER, 1, number, true, NO_REGISTER, 1, 0, NO_REGISTER, 0);
    }

    static Operand immediate(long value, int bytes) {
        return new Operand(Kind.IMMEDIATE, bytes, NO_REGISTER, false, NO_REGISTER, 1, value, NO_REGISTER, 0);
    }

    static Operand memory(int base, int index, int scale, long displacement, int segment, int bytes, int addressBytes) {
        return new Operand(Kind.MEMORY, bytes, base, false, index, scale, displacement, segment, addressBytes);
    }

    boolean isMemory() {
        return kind == Kind.MEMORY;
    }

    boolean isRegister() {
        return kind == Kind.REGISTER;
    }

    /** The offset in the segment that a memory operand names. */
    long offset(long[] registers) {
        long sum = value;
        if (reg != NO_REGISTER) {
            sum += registers[reg];
        }
        if (index != NO_REGISTER) {
            sum += registers[index] * scale;
        }
        return addressBytes == 4 ? sum & 0xffff_ffffL : sum;
    }
}
