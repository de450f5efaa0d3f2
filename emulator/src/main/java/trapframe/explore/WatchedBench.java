package trapframe.explore;

import java.util.List;
import java.util.Optional;
import trapframe.explore.Stretches.Stretch;

/** A bench whose footprints are measured. */
final class WatchedBench {
    private final Bench bench;
    private final FootprintWatch watch;

    /** @param bench is slow from here on */
    WatchedBench(Bench bench) {
        this.bench = bench;
        watch = new FootprintWatch(bench.machine());
    }

    Bench bench() {
        return bench;
    }

    FootprintWatch watch() {
        return watch;
    }

    /**
     * Finds out at which of some places in a row an interrupt does something else than at the one before; at the first one it does.
     *
     * @param row    the instructions from each place on
     * @param before a place of the same run, not behind the first one
     */
    boolean[] choose(List<Stretch> row, Checkpoint before) {
        boolean[] chosen = new boolean[row.size()];
        Optional<Interlude> interlude = Optional.empty();
        Checkpoint cursor = before;
        for (int i = 0; i < chosen.length; i++) {
            if (interlude.isEmpty() || !interlude.get().isIndependentOf(row.get(i - 1))) {
                bench.restore(cursor);
                bench.run(row.get(i).position());
                cursor = bench.checkpoint();
                interlude = Interlude.of(bench, watch);
                chosen[i] = true;
            }
        }
        return chosen;
    }
}
