package trapframe.x86;

import java.util.Optional;

/**
 * An instruction as it is encoded (SDM vol. 2A, chapter 2): what the processor reads before it knows what the opcode does.
 *
 * @param size      of the code that it is in
 * @param address   linear, of its first byte
 * @param length    in bytes, 1 to 15
 * @param map       1 for one-byte opcodes, 2 for those after 0F, 3 for 0F 38 and 0F 3A
 * @param opcode    the opcode byte in its map
 * @param modrm     the byte after the opcode, or -1 if it has none
 * @param memory    the operand in memory that ModRM names
 * @param immediate sign-extended: an immediate operand, an absolute address, or the displacement of a branch; 0 if there is none
 */
public record Encoding(CodeSize size, long address, int length, Prefixes prefixes, int map, int opcode, int modrm, Optional<MemoryOperand> memory,
                       long immediate) {
    /** The longest instruction. */
    public static final int MAX_LENGTH = 15;

    /**
     * Decodes an instruction.
     *
     * @param bytes   has it at the offset; what comes behind it does not matter
     * @param address linear, of the instruction
     * @return empty if the opcode is none, or if it is not all there
     */
    public static Optional<Encoding> decode(byte[] bytes, int offset, CodeSize size, long address) {
        try {
            return Optional.ofNullable(new EncodingReader(bytes, offset, size).read(address));
        } catch (ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    public boolean is(int otherMap, int otherOpcode) {
        return map == otherMap && opcode == otherOpcode;
    }

    /** The size of operands in bytes, before an opcode's own default: 2, 4 or 8. */
    public int operandSize() {
        return EncodingReader.operandSize(size, prefixes.wide(), prefixes.operandSize());
    }

    /** The size of addresses in bytes: 2, 4 or 8. */
    public int addressSize() {
        return EncodingReader.addressSize(size, prefixes.addressSize());
    }

    /** The register in ModRM's reg field. */
    public int reg() {
        return extension() | prefixes.regHigh();
    }

    /** ModRM's reg field where it is a part of the opcode. */
    public int extension() {
        return modrm >> 3 & 7;
    }

    /** The register in ModRM's r/m field. */
    public int rm() {
        return modrm & 7 | prefixes.rmHigh();
    }

    /** The register in the opcode's last three bits. */
    public int opcodeRegister() {
        return opcode & 7 | prefixes.rmHigh();
    }

    /** Whether a byte register's number stands for AH, CH, DH or BH (SDM vol. 2A, section 2.2.1.2). */
    public boolean isHighByte(int register) {
        return prefixes.rex() == 0 && register >= 4;
    }
}
