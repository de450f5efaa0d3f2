package trapframe.capstone;

/**
 * One decoded instruction.
 *
 * @param address  of its first byte, as given to the disassembler
 * @param length   1 to 15 bytes
 * @param mnemonic with its prefixes, for example {@code rep movsb}
 * @param operands in Intel syntax; empty when there are none
 */
public record Instruction(long address, int length, String mnemonic, String operands) {
    /** Mnemonic and operands, as a listing shows them. */
    public String text() {
        return operands.isEmpty() ? mnemonic : mnemonic + " " + operands;
    }
}
