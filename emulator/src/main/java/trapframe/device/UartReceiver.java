package trapframe.device;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.device.Uart16550.Receiver;

/**
 * The receiver of {@link Uart16550}: RBR or the receive FIFO with the errors of each character, the errors that LSR
 * shows, and the character time-out.
 */
final class UartReceiver implements Stateful<Receiver> {
    static final long NEVER = Long.MAX_VALUE;

    private static final int LSR_OE = 0x02;
    private static final int LSR_ERRORS = 0x1e;
    /** Entries and {@link SerialInput} carry a character's LSR bits from here on. */
    private static final int FLAG_SHIFT = 8;
    private static final int TIMEOUT_CHARACTERS = 4;

    private final List<Integer> received = new ArrayList<>();
    private int lastRead;
    private int errors;
    private long silentAt = NEVER;
    private boolean timeout;

    int size() {
        return received.size();
    }

    boolean empty() {
        return received.isEmpty();
    }

    /** OE, PE, FE and BI as LSR shows them. */
    int errors() {
        return errors;
    }

    /** LSR's bit 7: a character in the FIFO has an error. */
    boolean errorInFifo() {
        for (int character : received) {
            if (character > 0xff) {
                return true;
            }
        }
        return false;
    }

    /** LSR was read. */
    void clearErrors() {
        errors = 0;
        if (!received.isEmpty()) {
            received.set(0, received.getFirst() & 0xff);
        }
    }

    boolean timeoutPending() {
        return timeout;
    }

    /** The nanosecond at which the time-out becomes pending if nothing else happens, or {@link #NEVER}. */
    long nextTimeout() {
        return silentAt;
    }

    void advance(long now) {
        if (silentAt <= now) {
            silentAt = NEVER;
            timeout = true;
        }
    }

    /** Takes a character that has arrived whole at {@code at}. */
    void receive(int character, long at, int room, SerialFormat format) {
        advance(at);
        int entry = character;
        if ((character & SerialInput.BREAK) != 0) {
            // A line at space has no stop bit either.
            entry = SerialInput.BREAK | SerialInput.FRAMING_ERROR;
        }
        if (received.size() < room) {
            received.add(entry);
            listenForSilence(at, room, format);
        } else {
            errors |= LSR_OE;
            if (room == 1) {
                received.set(0, entry);
            }
        }
        revealErrors();
    }

    int read(long now, int room, SerialFormat format) {
        timeout = false;
        if (!received.isEmpty()) {
            lastRead = received.removeFirst() & 0xff;
            revealErrors();
            listenForSilence(now, room, format);
        }
        return lastRead;
    }

    void reset() {
        received.clear();
        timeout = false;
        silentAt = NEVER;
    }

    /** LSR shows the errors of the character at the top of the FIFO. */
    private void revealErrors() {
        if (!received.isEmpty()) {
            errors |= received.getFirst() >> FLAG_SHIFT & LSR_ERRORS;
        }
    }

    private void listenForSilence(long now, int room, SerialFormat format) {
        boolean fifo = room > 1;
        silentAt = fifo && !received.isEmpty() ? now + TIMEOUT_CHARACTERS * format.characterNanos() : NEVER;
    }

    @Override
    public Receiver state() {
        return new Receiver(List.copyOf(received), lastRead, errors, silentAt, timeout);
    }

    @Override
    public void restore(Receiver state) {
        received.clear();
        received.addAll(state.received());
        lastRead = state.lastRead();
        errors = state.errors();
        silentAt = state.silentAt();
        timeout = state.timeout();
    }
}
