package trapframe.explore;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import trapframe.machine.Machine;

/**
 * The run to which nothing comes: how it ends, where its places are, and checkpoints on its way, at marks ({@link Machine#MARK}), from which
 * benches go on exactly as it did.
 *
 * @param outcome        how it ends
 * @param end            where
 * @param firstInterrupt the position at which the first interrupt was taken, or at which it begins if that was before; empty if none was
 * @param checkpoints    the first one is where the run begins
 * @param places         where it came to those that were asked for
 */
record BaseRun(Outcome outcome, long end, OptionalLong firstInterrupt, List<Checkpoint> checkpoints, Map<Point, Long> places) {
    /** A run that nobody limits is given up here: a hundred seconds. */
    private static final long FURTHEST = 100_000_000_000L;
    /** Behind the end of the run without interrupts, how long others may take: half as long again, and this, 100 ms. */
    private static final long PATIENCE = 100_000_000;

    /** Runs a bench to a limit at most, through marks. */
    interface Way {
        Outcome run(Bench bench, long limit);
    }

    /**
     * Runs a subject with nothing coming to it.
     *
     * @param places   that are noted
     * @param listener hears how far it is
     */
    static BaseRun of(Subject subject, List<Point> places, Way way, Exploration.Listener listener) {
        try (Bench bench = new Bench(subject)) {
            long limit = subject.limit().orElse(FURTHEST);
            Scout scout = new Scout(bench, places, mark -> listener.withoutInterrupts(mark, limit));
            Outcome outcome = way.run(bench, limit);
            long end = bench.position();
            return new BaseRun(outcome, end, scout.firstInterrupt(), scout.checkpoints(), scout.found());
        }
    }

    /**
     * Where a place is.
     *
     * @throws PlaceMissed if the run does not come to it
     */
    long at(Point place) {
        if (!places.containsKey(place)) {
            throw new PlaceMissed(place, end);
        }
        return places.get(place);
    }

    /** The last checkpoint that is not behind a position. */
    Checkpoint before(long position) {
        int low = 0;
        int high = checkpoints.size();
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (checkpoints.get(middle).position() <= position) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return checkpoints.get(low);
    }

    /** The position by which every run should have ended that does as this one. */
    long usual() {
        return end + PATIENCE / 10;
    }

    /** The position at which a run is given up. */
    long limit(Subject subject) {
        return subject.limit().orElse(end + end / 2 + PATIENCE);
    }
}
