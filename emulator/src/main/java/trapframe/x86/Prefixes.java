package trapframe.x86;

/**
 * What stands before the opcode (SDM vol. 2A, sections 2.1.1 and 2.2.1).
 *
 * @param count       how many bytes these are
 * @param rex         the REX prefix, or what a VEX prefix has of it; 0 if there is none
 * @param rexIgnored  whether there is a REX prefix that counts for nothing, since another prefix follows
 * @param vex         whether a VEX prefix is there, which is not among the counted ones
 * @param repeat      F2 or F3, whichever is the last one; 0 if there is none
 * @param lock        whether F0 is there
 * @param operandSize whether 66 is there
 * @param addressSize whether 67 is there
 * @param data        whether 3E is there, which kernels on a single CPU put in the place of LOCK
 * @param segment     number of the segment that counts instead of the usual one; {@link MemoryOperand#NONE} if it is that one. In 64-bit code only FS
 *                    and GS do
 */
public record Prefixes(int count, int rex, boolean rexIgnored, boolean vex, int repeat, boolean lock, boolean operandSize, boolean addressSize,
                       boolean data, int segment) {
    Prefixes withVex(int itsRex) {
        return new Prefixes(count, itsRex, rexIgnored, true, repeat, lock, operandSize, addressSize, data, segment);
    }

    /** REX.W. */
    public boolean wide() {
        return (rex & 8) != 0;
    }

    /** REX.R, as the highest bit of a register's number. */
    int regHigh() {
        return (rex & 4) << 1;
    }

    /** REX.X, as the highest bit of a register's number. */
    int indexHigh() {
        return (rex & 2) << 2;
    }

    /** REX.B, as the highest bit of a register's number. */
    int rmHigh() {
        return (rex & 1) << 3;
    }
}
