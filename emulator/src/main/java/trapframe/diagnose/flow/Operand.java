package trapframe.diagnose.flow;

import trapframe.x86.MemoryOperand;

/** An operand of an instruction. */
sealed interface Operand {
    /** Its width, 1 to 16. */
    int bytes();

    /**
     * A general register.
     *
     * @param high whether it is AH, CH, DH or BH: those of the numbers 0 to 3
     */
    record Register(int number, int bytes, boolean high) implements Operand { }

    record Immediate(long value, int bytes) implements Operand { }

    record Memory(MemoryOperand place, int bytes) implements Operand { }

    static Operand register(int number, int bytes) {
        return new Register(number, bytes, false);
    }

    static Operand immediate(long value, int bytes) {
        return new Immediate(value, bytes);
    }
}
