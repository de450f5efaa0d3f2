package trapframe.device;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.device.Uart16550.Transmitter;

/**
 * The transmitter of {@link Uart16550}: THR or the transmit FIFO, and the shift register behind it. What has happened
 * since is worked out by {@link #advance} when somebody looks.
 */
final class UartTransmitter implements Stateful<Transmitter> {
    static final long NEVER = Long.MAX_VALUE;
    private static final int NOTHING = -1;

    /** Where a character goes that has left the shift register. */
    interface Line {
        void shifted(int character, long atNanos);
    }

    private final List<Integer> waiting = new ArrayList<>();
    private int shifting = NOTHING;
    private long shiftEnd;
    private long delayedUntil = NEVER;
    private boolean hadTwo;
    private boolean interrupt;

    /** LSR's THRE: THR, or the FIFO, is empty. */
    boolean holdingEmpty() {
        return waiting.isEmpty();
    }

    /** LSR's TEMT: the shift register is empty too. */
    boolean empty() {
        return waiting.isEmpty() && shifting == NOTHING;
    }

    boolean interruptPending() {
        return interrupt;
    }

    void clearInterrupt() {
        interrupt = false;
    }

    /** IER.ETBEI was set: an empty THR asks at once. */
    void enableInterrupt() {
        if (waiting.isEmpty() && delayedUntil == NEVER) {
            interrupt = true;
        }
    }

    void write(int value, long now, int room, SerialFormat format) {
        interrupt = false;
        if (waiting.size() < room) {
            waiting.add(value);
        } else if (room == 1) {
            waiting.set(0, value);
        }
        hadTwo |= waiting.size() > 1;
        if (shifting == NOTHING) {
            shiftNext(now, room, format);
        }
    }

    /** Puts the line at space for a character time, if it is idle. */
    void sendBreak(long now, SerialFormat format) {
        if (shifting == NOTHING) {
            shifting = 0;
            shiftEnd = now + format.characterNanos();
        }
    }

    /** Empties THR or the FIFO, not the shift register. */
    void reset(boolean modeChanged) {
        // "The first transmitter interrupt after changing FCR0 will be immediate, if it is enabled."
        interrupt |= modeChanged || !waiting.isEmpty();
        waiting.clear();
        hadTwo = false;
        delayedUntil = NEVER;
    }

    void advance(long now, int room, SerialFormat format, Line line) {
        while (shifting != NOTHING && shiftEnd <= now) {
            endDelay(shiftEnd);
            int character = shifting;
            shifting = NOTHING;
            line.shifted(character, shiftEnd);
            if (!waiting.isEmpty()) {
                shiftNext(shiftEnd, room, format);
            }
        }
        endDelay(now);
    }

    /** The nanosecond at which the interrupt becomes pending if nobody writes, or {@link #NEVER}. */
    long nextInterrupt(int room, SerialFormat format) {
        if (interrupt || shifting == NOTHING) {
            return NEVER;
        }
        if (waiting.isEmpty()) {
            return delayedUntil;
        }
        long emptied = shiftEnd + (waiting.size() - 1) * format.characterNanos();
        return delays(room) ? emptied + format.nanosToLastStopBit() : emptied;
    }

    private void endDelay(long now) {
        if (delayedUntil <= now) {
            delayedUntil = NEVER;
            interrupt |= waiting.isEmpty();
        }
    }

    /** Moves the next character from THR into the idle shift register. */
    private void shiftNext(long now, int room, SerialFormat format) {
        shifting = waiting.removeFirst();
        shiftEnd = now + format.characterNanos();
        if (waiting.isEmpty()) {
            if (delays(room)) {
                delayedUntil = now + format.nanosToLastStopBit();
            } else {
                interrupt = true;
            }
            hadTwo = false;
        }
    }

    /**
     * In FIFO mode the indication is "delayed 1 character time minus the last stop bit time whenever ... there have
     * not been at least two bytes at the same time in the transmit FIFO since the last THRE = 1".
     */
    private boolean delays(int room) {
        return room > 1 && !hadTwo;
    }

    @Override
    public Transmitter state() {
        return new Transmitter(List.copyOf(waiting), shifting, shiftEnd, delayedUntil, hadTwo, interrupt);
    }

    @Override
    public void restore(Transmitter state) {
        waiting.clear();
        waiting.addAll(state.waiting());
        shifting = state.shifting();
        shiftEnd = state.shiftEnd();
        delayedUntil = state.delayedUntil();
        hadTwo = state.hadTwo();
        interrupt = state.interrupt();
    }
}
