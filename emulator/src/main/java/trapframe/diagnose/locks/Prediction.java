package trapframe.diagnose.locks;

import java.util.List;

/** A hang that a run did not have, and another one with the same kernel may have. */
public sealed interface Prediction {
    /**
     * A lock is taken in the handler of an interrupt, and is held elsewhere while interrupts are on: if the interrupt comes then, the handler
     * waits for what it interrupted.
     *
     * @param inHandler where it is taken in a handler
     * @param outside   where it is taken before a window
     * @param windows   at which interrupts would confirm it, the first ones
     * @param count     how many windows there were
     */
    record InterruptUnsafe(Lock lock, Place inHandler, Place outside, List<Window> windows, long count) implements Prediction {
        public InterruptUnsafe {
            windows = List.copyOf(windows);
        }
    }

    /**
     * A lock is taken while another one is held.
     *
     * @param holding where the first one was taken
     * @param taking  where the second one was
     */
    record Order(Lock first, Lock second, Place holding, Place taking) { }

    /**
     * Locks are taken in different orders: whoever holds one each waits for the other.
     *
     * @param orders each one's second lock is the next one's first, and the last one's second the first one's first
     * @param onlyBy the context that took all of them, -1 if there were several
     * @param alike  how many circles there are of the same code, with other locks, this one among them
     */
    record Cycle(List<Order> orders, int onlyBy, int alike) implements Prediction {
        public Cycle {
            orders = List.copyOf(orders);
        }
    }

    /** A stack was left for another one with a spinlock held, which the other one did not release: a sleep with a spinlock. */
    record SleepsWithLock(Lock lock, Place taken, Place left) implements Prediction { }

    /** HLT with a spinlock held. */
    record HaltsWithLock(Lock lock, Place taken, Place halt) implements Prediction { }

    /**
     * Interrupts were off for long.
     *
     * @param cpu   whose
     * @param from  the first boundary with interrupts off
     * @param nanos how long, in virtual time
     * @param begin address of the instruction behind which they were off
     * @param end   where they were let in again
     * @param count how many such spans ended there; this is the longest
     */
    record InterruptsOff(int cpu, long from, long nanos, long begin, Place end, long count) implements Prediction { }
}
