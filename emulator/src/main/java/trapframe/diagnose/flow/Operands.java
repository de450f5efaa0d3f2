package trapframe.diagnose.flow;

import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;

/** The operands that an encoding names, once it is known how wide they are. */
record Operands(Encoding encoding) {
    private static final int RAX = 0;

    boolean is64() {
        return encoding.size() == CodeSize.BITS_64;
    }

    /** Of operands, by prefixes. */
    int size() {
        return encoding.operandSize();
    }

    /** Of operands, where the opcode's last bit says whether they are bytes. */
    int sizeOrByte() {
        return (encoding.opcode() & 1) == 0 ? 1 : size();
    }

    /** Of pushes, pops and near branches. */
    int stackSize() {
        return isShortened() ? 2 : is64() ? 8 : 4;
    }

    /** Of a near branch Intel's processors ignore the prefix, and others do not (SDM vol. 2A, "Jcc"). */
    boolean isShortened() {
        return encoding.prefixes().operandSize() && !encoding.prefixes().wide();
    }

    Operand immediate(int width) {
        return Operand.immediate(encoding.immediate(), width);
    }

    /** RAX, EAX, AX or AL. */
    Operand accumulator(int width) {
        return Operand.register(RAX, width);
    }

    Operand reg(int width) {
        return register(encoding.reg(), width);
    }

    Operand rm(int width) {
        return encoding.memory().<Operand>map(place -> new Operand.Memory(place, width)).orElseGet(() -> register(encoding.rm(), width));
    }

    /** The register in the opcode's last three bits. */
    Operand inOpcode(int width) {
        return register(encoding.opcodeRegister(), width);
    }

    private Operand register(int number, int width) {
        return width == 1 && encoding.isHighByte(number) ? new Operand.Register(number - 4, 1, true) : Operand.register(number, width);
    }
}
