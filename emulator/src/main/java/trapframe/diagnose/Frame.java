package trapframe.diagnose;

import trapframe.diagnose.flow.Step;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/**
 * What a delivery left on the stack (SDM vol. 3A, figures 6-4 and 6-9).
 *
 * @param bytes from RSP up
 */
record Frame(byte[] bytes) {
    private static final int WORDS_64 = 5;
    private static final int RSP = 3;

    static Frame of(Step delivery, GuestMemory ram) {
        return new Frame(ram.read(delivery.stack().physical(), delivery.stack().bytes()));
    }

    private int word() {
        return bytes.length >= WORDS_64 * Long.BYTES ? Long.BYTES : Integer.BYTES;
    }

    private int error() {
        return bytes.length / word() % 2 == 0 ? word() : 0;
    }

    private long word(int number) {
        long value = 0;
        for (int i = word() - 1; i >= 0; i--) {
            value = value << Byte.SIZE | bytes[error() + number * word() + i] & 0xff;
        }
        return value;
    }

    long rip() {
        return word(0);
    }

    int flags() {
        return (int) word(2);
    }

    /** The interrupted code's RSP, where there was no change of rings in 32-bit code. */
    long rsp(long now) {
        return word() == Long.BYTES ? word(RSP) : now + bytes.length;
    }

    /** Whether they differ in no more than RIP and RFLAGS. */
    boolean isSameButForPlace(Frame other) {
        if (bytes.length != other.bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            int number = (i - error()) / word();
            boolean varies = i >= error() && (number == 0 || number == 2);
            if (!varies && bytes[i] != other.bytes[i]) {
                return false;
            }
        }
        return true;
    }

    boolean lets() {
        return (flags() & CpuState.IF) != 0;
    }
}
