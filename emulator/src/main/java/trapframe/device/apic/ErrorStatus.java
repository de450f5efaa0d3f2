package trapframe.device.apic;

import trapframe.bus.Stateful;

/** ESR of a {@link LocalApic}: a write makes the errors since the last one readable (SDM vol. 3A, section 11.5.3). */
final class ErrorStatus implements Stateful<ErrorStatus.State> {
    static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    static final int ILLEGAL_REGISTER = 1 << 7;

    /**
     * @param shown what ESR reads
     * @param found since ESR was last written
     */
    record State(int shown, int found) { }

    private int shown;
    private int found;

    void reset() {
        shown = 0;
        found = 0;
    }

    int read() {
        return shown;
    }

    void write() {
        shown = found;
        found = 0;
    }

    boolean has(int error) {
        return (found & error) != 0;
    }

    /** Returns whether the error is the first of its kind since the last write: those that follow do not interrupt. */
    boolean note(int error) {
        boolean first = !has(error);
        found |= error;
        return first;
    }

    @Override
    public State state() {
        return new State(shown, found);
    }

    @Override
    public void restore(State state) {
        shown = state.shown;
        found = state.found;
    }
}
