package trapframe.harness;

import trapframe.diagnose.Verdict;
import trapframe.machine.StopReason;

/** What became of a {@link Goal}. */
public sealed interface Outcome {
    /**
     * It was reached.
     *
     * @param shown what of the console counts as it: the text, the line, the match; empty for goals of other kinds
     */
    record Reached(String shown) implements Outcome { }

    /** The budget was used up before. */
    record OutOfBudget(long budgetNanos) implements Outcome { }

    /** Another line was shown than the next one had to be. */
    record OtherLine(String line) implements Outcome { }

    /** The guest showed one of the texts that mean that it failed. */
    record FailureShown(String text) implements Outcome { }

    /** The run ended by itself before. */
    record Ended(StopReason reason) implements Outcome { }

    /** It is proved that the guest will never get there. */
    record Hung(Verdict verdict) implements Outcome { }
}
