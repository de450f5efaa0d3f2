package trapframe.device;

import java.util.function.IntSupplier;

/**
 * What reads of a counter of the 8254 show: the output latch OL, the latch of the status, and which byte of a count is next. Until a command
 * latches something, OL follows the counting element.
 */
final class OutputLatch8254 {
    /** An access by the less significant byte only, as the control word names it; of two bytes it is the first one. */
    static final int LSB_ONLY = 1;
    /** An access by the more significant byte only. */
    static final int MSB_ONLY = 2;
    /** Nothing is latched. */
    static final int EMPTY = -1;

    private int count = EMPTY;
    private int status = EMPTY;
    private boolean msbNext;

    void clear() {
        restore(EMPTY, EMPTY, false);
    }

    /** Counter latch command: ignored while an earlier latched count was not read. */
    void latchCount(IntSupplier counting) {
        if (count == EMPTY) {
            count = counting.getAsInt();
        }
    }

    /** Read-back of the status: ignored while an earlier latched status was not read. */
    void latchStatus(IntSupplier now) {
        if (status == EMPTY) {
            status = now.getAsInt();
        }
    }

    /** @param access which bytes of a count are read, bits 4 and 5 of the control word */
    int read(int access, IntSupplier counting) {
        if (status != EMPTY) {
            int value = status;
            status = EMPTY;
            return value;
        }
        int value = count != EMPTY ? count : counting.getAsInt();
        if (access != LSB_ONLY && access != MSB_ONLY) {
            msbNext = !msbNext;
            if (msbNext) {
                return value & 0xff;
            }
        }
        count = EMPTY;
        return access == LSB_ONLY ? value & 0xff : value >> 8;
    }

    int count() {
        return count;
    }

    int status() {
        return status;
    }

    boolean msbNext() {
        return msbNext;
    }

    void restore(int latchedCount, int latchedStatus, boolean msbIsNext) {
        count = latchedCount;
        status = latchedStatus;
        msbNext = msbIsNext;
    }
}
