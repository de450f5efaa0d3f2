package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import trapframe.symbols.tasks.Task.Activity;

/** What an {@link Explanation} says of pools that were used up. */
final class PoolText {
    private final Explanation explanation;
    private final List<String> lines;

    PoolText(Explanation explanation, List<String> lines) {
        this.explanation = explanation;
        this.lines = lines;
    }

    /** The causes, a sentence each. */
    void summary() {
        explanation.pools().forEach(pool -> pool.full().ifPresent(full -> lines.add("all " + pool.limit().orElse(0) + " of " + pool.name()
                + " were in use at position " + full.position() + ", taken up by " + full.by() + refused(pool))));
    }

    void add() {
        explanation.pools().forEach(this::pool);
    }

    /** Who was refused one, and sleeps now. */
    private String refused(PoolHistory pool) {
        return pool.refused().stream().flatMap(event -> explanation.tasks().stream().filter(task -> event.by().task().equals(Optional.of(task.name()))
                && task.activity() == Activity.BLOCKED).map(task -> "; " + task.name() + " was refused one at position " + event.position() + ", and sleeps in "
                        + task.call().map(TaskText::call).orElse(task.state()))).reduce("", (_, last) -> last);
    }

    private void pool(PoolHistory pool) {
        lines.add("");
        lines.add(pool.name() + ": " + pool.used() + pool.limit().stream().mapToObj(limit -> " of " + limit).findFirst().orElse("")
                + " in use, at most " + pool.curve().stream().mapToLong(PoolHistory.Point::value).max().orElse(0) + " before, " + pool.curve().size()
                + " changes of " + pool.cell());
        pool.full().ifPresent(full -> {
            lines.add("  the last one was taken at position " + full.position() + ExplanationText.ago(explanation, full.position()) + " by " + full.by());
            ExplanationText.stack(full.stack(), lines);
        });
        pool.refused().stream().findFirst().ifPresent(first -> {
            lines.add("  while all were in use, " + (pool.refused().size() == 1 ? "another one was" : pool.refused().size() + " more were")
                    + " asked for, first at position " + first.position() + ExplanationText.ago(explanation, first.position()) + " by " + first.by());
            ExplanationText.stack(first.stack(), lines);
        });
        if (!pool.keepers().isEmpty()) {
            lines.add("  not given back " + (pool.full().isPresent() ? "by then" : "by now") + ": " + pool.keepers().stream()
                    .map(keeper -> keeper.count() + " by " + keeper.task()).collect(Collectors.joining(", ")));
            lines.add("  the first of them was taken at position " + pool.kept().getFirst().position() + " by " + pool.kept().getFirst().by());
            ExplanationText.stack(pool.kept().getFirst().stack(), lines);
        }
    }
}
