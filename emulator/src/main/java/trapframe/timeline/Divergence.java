package trapframe.timeline;

import java.util.List;

/**
 * A replay that is not the run that was recorded.
 *
 * @param from     the last position where the state was the recorded one
 * @param position where it was not
 * @param parts    the parts of the machine that differ there from the recorded ones; empty if that cannot be said
 * @param cause    what is known of where it began
 */
public record Divergence(long from, long position, List<String> parts, Cause cause) {
    /** What came of doing the stretch again, in this machine and in a new one. */
    public sealed interface Cause { }

    /** One machine does as was recorded, and one does not: the first instruction behind which they differ; the recorded run is "other". */
    public record Found(FirstDifference first) implements Cause { }

    /** None does as was recorded, and they differ from each other: the first instruction behind which they do. */
    public record Unsteady(FirstDifference first) implements Cause { }

    /** Both do now as was recorded: where the state at the position differed before; the recorded run is "other". */
    public record NotAgain(List<StateDifference> differences) implements Cause { }

    /** Both do the same, and not what was recorded, of which there are only hashes. */
    public record OnlyHashes() implements Cause { }
}
