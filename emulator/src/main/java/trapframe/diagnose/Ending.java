package trapframe.diagnose;

import trapframe.machine.StopReason;

/** How a run under a {@link HangWatch} ended. */
public sealed interface Ending {
    /** The machine stopped, and nothing is proved. */
    record Ended(StopReason reason) implements Ending { }

    /**
     * The guest will never get any further.
     *
     * @param verdict a proof
     */
    record Hung(Verdict verdict) implements Ending {
        public Hung {
            if (!verdict.isProved()) {
                throw new IllegalArgumentException("no proof: " + verdict.sentence());
            }
        }
    }
}
