package trapframe.explore;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The strategies by their names. */
public final class Strategies {
    /** In the order in which they are listed to people; the first one is the usual one. */
    public static final List<String> NAMES = List.of("auto", "locks", "spread", "exhaustive", "footprint", "pairs", "conflicts", "pct", "random");
    /** With the number of orderings that a fault takes. */
    private static final Pattern PCT = Pattern.compile("pct:(\\d{1,3})");

    private Strategies() { }

    /** @throws IllegalArgumentException if there is none of that name */
    static Strategy of(String name, Subject subject, Explorer explorer, Window window, BaseRun base, long seed, int budget) {
        Matcher pct = PCT.matcher(name);
        int depth = pct.matches() ? Integer.parseInt(pct.group(1)) : PriorityChanges.USUAL_DEPTH;
        if (depth < 2 || depth > PriorityChanges.MOST_DEPTH) {
            throw new IllegalArgumentException("the depth of pct is 2 to " + PriorityChanges.MOST_DEPTH + ", not " + depth);
        }
        return switch (pct.matches() ? "pct" : name) {
            case "auto" -> Usual.of(subject, explorer, window, base, budget);
            case "locks" -> LockDirected.of(subject, base, window);
            case "spread" -> new Spread(executed(explorer, base, window), 0, budget);
            case "exhaustive" -> new Exhaustive(explorer.onOneBench(bench -> Boundaries.first(bench, base, window, (long) budget + Exhaustive.BATCH)));
            case "footprint" -> new Reduced(explorer, base, window, Exhaustive.BATCH);
            case "pairs" -> new Pairs(explorer, base, window);
            case "conflicts" -> new ConflictTurns(explorer, base, window);
            case "pct" -> new PriorityChanges(explorer, base, window, subject.run().spec().cpus(), depth, seed, budget);
            case "random" -> new AtRandom(executed(explorer, base, window), subject.run().spec().cpus(), seed, budget);
            default -> throw new IllegalArgumentException("there is no strategy " + name + ", but " + String.join(", ", NAMES));
        };
    }

    /** Which positions of a window are of code that is executed. */
    static Executed executed(Explorer explorer, BaseRun base, Window window) {
        return explorer.onOneBench(bench -> Executed.of(bench, base, window));
    }
}
