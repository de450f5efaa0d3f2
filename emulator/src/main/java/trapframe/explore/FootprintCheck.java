package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * What came of searching the same places by strategy {@code footprint} and by {@code exhaustive}.
 *
 * @param places       positions at which an interrupt would be taken
 * @param runs         how many of them {@code footprint} tried
 * @param seconds      of the host, that its search took
 * @param wholeSeconds and the exhaustive one
 * @param faults       places at which the exhaustive search found something
 * @param differences  places of which the two do not say the same, in order
 */
public record FootprintCheck(long places, long runs, double seconds, double wholeSeconds, long faults, List<Difference> differences) {
    /**
     * A place of which the two do not say the same.
     *
     * @param position   of the interrupt
     * @param exhaustive what came of it
     * @param standsFor  the place that {@code footprint} tried for it
     * @param footprint  what came of that
     */
    public record Difference(long position, String exhaustive, long standsFor, String footprint) {
        @Override
        public String toString() {
            return "an interrupt at position " + position + ": " + exhaustive + "; footprint says, by the run with one at " + standsFor + ": " + footprint;
        }
    }

    public FootprintCheck {
        differences = List.copyOf(differences);
    }

    /**
     * @param budget places at most
     * @param nanos  the host's time
     */
    static FootprintCheck of(Explorer explorer, BaseRun base, Window window, int budget, LongFunction<Optional<String>> functions, LongSupplier nanos) {
        long start = nanos.getAsLong();
        long[] places = explorer.onOneBench(bench -> Boundaries.first(bench, base, window, budget));
        List<Trial> whole = new ArrayList<>();
        search(explorer, new Exhaustive(places), (_, trial) -> whole.add(trial));
        double wholeSeconds = (nanos.getAsLong() - start) / 1e9;
        if (places.length == 0) {
            return new FootprintCheck(0, 0, 0, wholeSeconds, 0, List.of());
        }
        start = nanos.getAsLong();
        TreeMap<Long, Trial> tried = new TreeMap<>();
        Strategy reduced = new Reduced(explorer, base, new Window(window.from(), places[places.length - 1] + 1), Exhaustive.BATCH);
        search(explorer, reduced, (schedule, trial) -> tried.put(schedule.steps().getFirst().position(), trial));
        double seconds = (nanos.getAsLong() - start) / 1e9;
        List<Difference> differences = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            long standsFor = tried.floorKey(places[i]);
            String expected = words(whole.get(i).outcome(), functions);
            String said = words(tried.get(standsFor).outcome(), functions);
            if (!expected.equals(said)) {
                differences.add(new Difference(places[i], expected, standsFor, said));
            }
        }
        return new FootprintCheck(places.length, tried.size(), seconds, wholeSeconds,
                whole.stream().filter(trial -> trial.outcome() instanceof Outcome.Finding).count(), differences);
    }

    private static void search(Explorer explorer, Strategy strategy, BiConsumer<Schedule, Trial> result) {
        for (List<Schedule> batch = strategy.next(List.of()); !batch.isEmpty(); batch = strategy.next(List.of())) {
            List<Trial> trials = explorer.run(batch);
            for (int i = 0; i < batch.size(); i++) {
                result.accept(batch.get(i), trials.get(i));
            }
        }
    }

    private static String words(Outcome outcome, LongFunction<Optional<String>> functions) {
        return switch (outcome) {
            case Outcome.Finding finding -> Cause.of(finding, functions).toString();
            case Outcome.GoalReached(String how) -> how;
            case Outcome.Equivalent() -> "no interrupt can come";
        };
    }
}
