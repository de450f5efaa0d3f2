package trapframe.device;

import trapframe.time.Clock;

/**
 * How long a character takes on the line of {@link Uart16550}, from the line control register, the divisor and the
 * clock of the baud rate generator.
 */
record SerialFormat(int lcr, int divisor, int crystalHertz) {
    static final int LCR_WORD_LENGTH = 0x03;
    private static final int LCR_STB = 0x04;
    private static final int LCR_PEN = 0x08;

    private static final int CLOCKS_PER_HALF_BIT = 8;
    private static final int DIVISOR_OF_ZERO = 0x10000;

    /** From the start bit to the end of the last stop bit, rounded up. */
    long characterNanos() {
        int bits = 1 + wordLength() + ((lcr & LCR_PEN) != 0 ? 1 : 0);
        return nanos(2 * bits + stopHalfBits());
    }

    /** The same without the last stop bit. */
    long nanosToLastStopBit() {
        int bits = 1 + wordLength() + ((lcr & LCR_PEN) != 0 ? 1 : 0);
        return nanos(2 * bits + stopHalfBits() - 2);
    }

    int wordMask() {
        return (1 << wordLength()) - 1;
    }

    private int wordLength() {
        return 5 + (lcr & LCR_WORD_LENGTH);
    }

    private int stopHalfBits() {
        if ((lcr & LCR_STB) == 0) {
            return 2;
        }
        return wordLength() == 5 ? 3 : 4;
    }

    private long nanos(int halfBits) {
        long clocks = (long) CLOCKS_PER_HALF_BIT * halfBits * (divisor == 0 ? DIVISOR_OF_ZERO : divisor);
        return Clock.nanosAtTick(clocks, crystalHertz);
    }
}
