package trapframe.x86;

import java.util.function.IntToLongFunction;

/**
 * An operand in memory, as ModRM and SIB name it (SDM vol. 2A, section 2.1.5).
 *
 * @param base         number of the base register, or {@link #NONE}
 * @param index        number of the index register, or {@link #NONE}
 * @param scale        of the index: 1, 2, 4 or 8
 * @param displacement sign-extended; with the end of the instruction if it is relative to RIP
 * @param segment      number of the segment that a prefix names: ES, CS, SS, DS, FS, GS from 0 on; {@link #NONE} if it is the usual one
 * @param addressSize  in bytes: 2, 4 or 8
 */
public record MemoryOperand(int base, int index, int scale, long displacement, int segment, int addressSize) {
    /** No register, or no segment. */
    public static final int NONE = -1;

    /** The offset in its segment. */
    public long offset(IntToLongFunction registers) {
        long sum = displacement;
        if (base != NONE) {
            sum += registers.applyAsLong(base);
        }
        if (index != NONE) {
            sum += registers.applyAsLong(index) * scale;
        }
        return addressSize == Long.BYTES ? sum : sum & (1L << 8 * addressSize) - 1;
    }
}
