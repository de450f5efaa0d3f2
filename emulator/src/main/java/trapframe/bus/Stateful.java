package trapframe.bus;

/**
 * A part of the machine whose whole mutable state fits one record, for hashes and snapshots. Timers' deadlines are
 * not in it: the event queue holds them.
 *
 * @param <S> an immutable record; arrays and lists in it are copies
 */
public interface Stateful<S extends Record> {
    S state();

    /** What of a state two runs must have in common to be the same; all of it, where a part does not say otherwise. */
    default Record essence(S state) {
        return state;
    }

    void restore(S state);
}
