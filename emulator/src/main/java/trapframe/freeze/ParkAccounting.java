package trapframe.freeze;

import java.util.List;

/** The arithmetic of a {@link Rendezvous}: how many parks it waits for, which of them it has already, and when it is complete. */
final class ParkAccounting {
    /**
     * A party at the beginning of a cycle.
     *
     * @param running whether it will park when it is asked to; one that has ended will not
     * @param parked  whether it stands still already: it is outside, or has not yet seen the thaw of the cycle before
     */
    record Attendance(boolean running, boolean parked) { }

    /** What becomes of a worker that has not parked. */
    enum WorkerDrop {
        /** It is no longer waited for. */
        DROP,
        /** Its park came between two looks, and counts: it must not be taken off as well. */
        CONTINUE,
        /** Nothing changes. */
        SKIP
    }

    private ParkAccounting() { }

    /** How many parks a cycle waits for: one of each party that runs. */
    static int expectedParks(List<Attendance> parties) {
        return (int) parties.stream().filter(Attendance::running).count();
    }

    /** How many of them it has at the beginning: who stands still already will not announce it once more. */
    static int preSeed(List<Attendance> parties) {
        return (int) parties.stream().filter(party -> party.running && party.parked).count();
    }

    /**
     * What becomes of a worker, each time that something happened.
     *
     * @param shuttingDown whether its thread has ended, or will before it does anything more
     * @param wasRunning   whether it is one of those that the cycle expected
     * @param dropped      whether it was dropped before
     * @param parkedFirst  whether its park was counted when the rendezvous went to wait
     * @param parkedSecond whether its park is counted now
     */
    static WorkerDrop decideWorkerDrop(boolean shuttingDown, boolean wasRunning, boolean dropped, boolean parkedFirst,
            boolean parkedSecond) {
        if (!shuttingDown || !wasRunning || dropped || parkedFirst) {
            return WorkerDrop.SKIP;
        }
        return parkedSecond ? WorkerDrop.CONTINUE : WorkerDrop.DROP;
    }

    /** Whether everyone stands still. One park too many must not make it wait for ever. */
    static boolean rendezvousDone(int parked, int expected) {
        return parked >= expected;
    }
}
