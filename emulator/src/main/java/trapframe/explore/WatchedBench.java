package trapframe.explore;

import java.util.List;
import java.util.Optional;
import trapframe.explore.Stretches.Stretch;

/** A bench whose footprints are measured. */
final class WatchedBench {
    /** Behind so many places in a row that all have to be tried, nothing is measured until the row is over: a measurement costs more than a run. */
    private static final int MOST_IN_VAIN = 16;

    private final Bench bench;
    private final Bench quick;
    private final FootprintWatch watch;

    /** @param bench is slow from here on */
    WatchedBench(Bench bench) {
        this(bench, bench);
    }

    /** @param quick another one, for what needs no look */
    WatchedBench(Bench bench, Bench quick) {
        this.bench = bench;
        this.quick = quick;
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
        int inVain = 0;
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = interlude.isEmpty() || !interlude.get().isIndependentOf(row.get(i - 1));
            inVain = chosen[i] ? inVain + 1 : 0;
            if (chosen[i] && inVain <= MOST_IN_VAIN) {
                cursor = quick.goTo(row.get(i).position(), cursor);
                interlude = row.get(i).isApart() || Interlude.pass(quick).isEmpty() ? Optional.empty() : measured(cursor);
            } else if (chosen[i]) {
                interlude = Optional.empty();
            }
        }
        return chosen;
    }

    private Optional<Interlude> measured(Checkpoint place) {
        bench.restore(place);
        return Interlude.of(bench, watch);
    }
}
