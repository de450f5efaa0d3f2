package trapframe.diagnose.why;

import java.util.Optional;

/**
 * Who has what somebody waits for.
 *
 * @param taken how it came to have it: where it took the lock, or wrote the word
 * @param from  the frame of {@link #taken} that is no lock's own function: who wanted it
 * @param now   where it is since
 */
public record Held(Event taken, Place from, Now now) {
    /** Where a holder is at the moment that is explained. */
    public sealed interface Now { }

    /**
     * It was interrupted, and what interrupted it has not come back to it.
     *
     * @param at          the instruction that is next when it goes on
     * @param delivery    the interrupt, if it could be found
     * @param cpu         on which CPU's stack it lies under what runs now
     * @param underWaiter whether what waits is above it on that stack, so that it cannot go on before the wait ends
     */
    public record Interrupted(Place at, Optional<Delivery> delivery, int cpu, Stack stack, boolean underWaiter) implements Now { }

    /**
     * It does not run: its registers are saved, for it to go on later.
     *
     * @param task     as people write it; empty if the stack was found without a description of tasks
     * @param state    the kernel's name for what the task does
     * @param at       where it goes on
     * @param delivery the interrupt that stopped it, if one did
     */
    public record Stopped(Optional<String> task, Optional<String> state, Place at, Optional<Delivery> delivery, Stack stack) implements Now { }

    /** It is the one that waits: it asks again for what it has. */
    public record Itself(int cpu) implements Now { }

    /** It runs on a CPU, or spins there. */
    public record Running(int cpu, Stack stack) implements Now { }

    /** Where it is could not be found. */
    public record Unknown(String why) implements Now { }
}
