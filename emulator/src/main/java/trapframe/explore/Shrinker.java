package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;

/** Leaves out of schedules what is not needed for what came of them. */
final class Shrinker {
    private final Function<Schedule, Trial> runs;
    private final LongFunction<Optional<String>> functions;

    /** @param runs runs a schedule to an end */
    Shrinker(Function<Schedule, Trial> runs, LongFunction<Optional<String>> functions) {
        this.runs = runs;
        this.functions = functions;
    }

    /** Makes a finding of each cause, with the least schedule. */
    List<Finding> shrink(Map<Cause, List<Trial>> found) {
        List<Finding> findings = new ArrayList<>();
        found.forEach((cause, trials) -> {
            Trial least = trials.stream().min((one, other) -> Integer.compare(one.schedule().steps().size(), other.schedule().steps().size()))
                    .orElseThrow();
            least = shrink(cause, least);
            findings.add(new Finding(cause, least.schedule(), (Outcome.Finding) least.outcome(), trials.stream().map(Trial::schedule).toList()));
        });
        return findings;
    }

    /** Leaves out one step after the other, as long as the same comes of it. */
    private Trial shrink(Cause cause, Trial trial) {
        Trial least = trial;
        for (int i = trial.schedule().steps().size() - 1; i >= 0 && least.schedule().steps().size() > 1; i--) {
            Trial shorter = runs.apply(least.schedule().without(i));
            if (shorter.outcome() instanceof Outcome.Finding finding && Cause.of(finding, functions).equals(cause)) {
                least = shorter;
            }
        }
        return least;
    }
}
