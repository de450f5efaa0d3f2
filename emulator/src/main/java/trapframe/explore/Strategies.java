package trapframe.explore;

import java.util.List;

/** The strategies by their names. */
public final class Strategies {
    /** In the order in which they are listed to people; the first one is the usual one. */
    public static final List<String> NAMES = List.of("auto", "locks", "spread", "exhaustive", "footprint", "pairs", "conflicts", "random");

    private Strategies() { }

    /** @throws IllegalArgumentException if there is none of that name */
    static Strategy of(String name, Subject subject, Explorer explorer, Window window, BaseRun base, long seed, int budget) {
        return switch (name) {
            case "auto" -> new InTurn(List.of(() -> LockDirected.of(subject, base, window), () -> new Spread(executed(explorer, base, window), budget)));
            case "locks" -> LockDirected.of(subject, base, window);
            case "spread" -> new Spread(executed(explorer, base, window), budget);
            case "exhaustive" -> new Exhaustive(explorer.onOneBench(bench -> Boundaries.first(bench, base, window, (long) budget + Exhaustive.BATCH)));
            case "footprint" -> new Reduced(explorer, base, window);
            case "pairs" -> new Pairs(explorer, base, window);
            case "conflicts" -> new ConflictTurns(explorer, base, window);
            case "random" -> new AtRandom(executed(explorer, base, window), subject.run().spec().cpus(), seed, budget);
            default -> throw new IllegalArgumentException("there is no strategy " + name + ", but " + String.join(", ", NAMES));
        };
    }

    private static Executed executed(Explorer explorer, BaseRun base, Window window) {
        return explorer.onOneBench(bench -> Executed.of(bench, base, window));
    }
}
