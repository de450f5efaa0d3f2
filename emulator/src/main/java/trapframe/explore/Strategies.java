package trapframe.explore;

import java.util.List;

/** The strategies by their names. */
public final class Strategies {
    /** In the order in which they are listed to people. */
    public static final List<String> NAMES = List.of("spread");

    private Strategies() { }

    /** @throws IllegalArgumentException if there is none of that name */
    static Strategy of(String name, Window window, BaseRun base, long seed, int budget) {
        return switch (name) {
            case "spread" -> new Spread(window, base, budget);
            default -> throw new IllegalArgumentException("there is no strategy " + name + ", but " + String.join(", ", NAMES));
        };
    }
}
