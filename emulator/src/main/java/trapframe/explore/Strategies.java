package trapframe.explore;

import java.util.List;

/** The strategies by their names. */
public final class Strategies {
    /** In the order in which they are listed to people. */
    public static final List<String> NAMES = List.of("spread", "exhaustive");

    private Strategies() { }

    /** @throws IllegalArgumentException if there is none of that name */
    static Strategy of(String name, Explorer explorer, Window window, BaseRun base, long seed, int budget) {
        return switch (name) {
            case "spread" -> new Spread(window, base, budget);
            case "exhaustive" -> exhaustive(explorer, window, base);
            default -> throw new IllegalArgumentException("there is no strategy " + name + ", but " + String.join(", ", NAMES));
        };
    }

    private static Strategy exhaustive(Explorer explorer, Window window, BaseRun base) {
        return new Exhaustive(explorer.onOneBench(bench -> Boundaries.of(bench, base, window)));
    }
}
