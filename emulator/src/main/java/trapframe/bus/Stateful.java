package trapframe.bus;

/**
 * A part of the machine whose whole mutable state fits one record, for hashes and snapshots. Timers' deadlines are
 * not in it: the event queue holds them.
 *
 * @param <S> an immutable record with a real {@code equals}; arrays and lists in it are copies
 */
public interface Stateful<S extends Record> {
    /** Of {@link #changes}: not counted. */
    long UNCOUNTED = -1;

    S state();

    /**
     * How often something was done that may have changed the state, {@link #restore} too: as long as this number is the same, so is the state, and
     * who has it need not ask again. A part does not count whose state is made in no time, or changes whenever time passes.
     */
    default long changes() {
        return UNCOUNTED;
    }

    /** What of a state two runs must have in common to be the same; all of it, where a part does not say otherwise. */
    default Record essence(S state) {
        return state;
    }

    void restore(S state);
}
