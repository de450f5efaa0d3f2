package trapframe.explore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import trapframe.timeline.TimelineException;

/** A search of a subject's schedules. */
public final class Exploration {
    /**
     * What is searched, and how long.
     *
     * @param from     where the window begins; empty: at the first interrupt
     * @param to       and where it ends; empty: at the run's end
     * @param budget   runs at most
     * @param jobs     machines that run at once; what comes out does not depend on it
     * @param whole    whether each run is run to its end, also where it is known already
     * @param all      whether the search goes on behind the batch in which the first fault was found
     * @param state    the file that remembers the runs, from which a search that was killed goes on
     */
    public record Settings(Optional<Point> from, Optional<Point> to, String strategy, long seed, int budget, int jobs, boolean all, boolean whole,
                           Optional<Path> state) {
        /** Remembers nothing. */
        public Settings(Optional<Point> from, Optional<Point> to, String strategy, long seed, int budget, int jobs, boolean all, boolean whole) {
            this(from, to, strategy, seed, budget, jobs, all, whole, Optional.empty());
        }

        /** Cuts off runs whose outcome is known. */
        public Settings(Optional<Point> from, Optional<Point> to, String strategy, long seed, int budget, int jobs, boolean all) {
            this(from, to, strategy, seed, budget, jobs, all, false);
        }

        /** The places of the window that are named. */
        List<Point> places() {
            return Stream.concat(from.stream(), to.stream()).toList();
        }
    }

    /**
     * How far a search is.
     *
     * @param runs     so far
     * @param known    how many of them were known from before
     * @param most     runs that there can be at most
     * @param findings so far
     */
    public record Progress(String strategy, long runs, long known, long most, int findings) { }

    /** Hears how a search goes, on the thread that called {@link #run}. */
    public interface Listener {
        void progress(Progress progress);

        /**
         * The run without interrupts, which comes first, is at a mark ({@link trapframe.machine.Machine#MARK}).
         *
         * @param limit the position at which it is given up
         */
        default void withoutInterrupts(long position, long limit) { }
    }

    private final Subject subject;
    private final Settings settings;
    private final LongFunction<Optional<String>> functions;
    private final Listener listener;
    private final Map<String, Long> outcomes = new LinkedHashMap<>();
    private final Map<Cause, List<Trial>> found = new LinkedHashMap<>();
    private final List<Trial> trials = new ArrayList<>();
    private long runs;
    private long cut;

    /** @param functions names addresses, if anything does */
    public Exploration(Subject subject, Settings settings, LongFunction<Optional<String>> functions, Listener listener) {
        this.subject = subject;
        this.settings = settings;
        this.functions = functions;
        this.listener = listener;
    }

    /**
     * Searches.
     *
     * @throws IllegalArgumentException if the window is not one of the run: {@link PlaceMissed} if the run does not come to its places
     * @throws TimelineException        if the file that remembers runs cannot be used, or is that of another search
     */
    public Report run() {
        try (Trials memory = settings.state().<Trials>map(file -> new TrialFile(file, subject, settings)).orElse(Trials.NONE)) {
            return run(memory);
        }
    }

    /**
     * Searches the first places of the window, as many as the budget says, both by strategy {@code footprint} and by {@code exhaustive}, and
     * compares what came of each.
     *
     * @param nanos the host's time, for how long each took
     * @throws IllegalArgumentException if the window is not one of the run, or the run without interrupts ends badly
     */
    public FootprintCheck check(LongSupplier nanos) {
        BaseRun base = base(Bench::watch);
        if (base.outcome() instanceof Outcome.Finding finding) {
            throw new IllegalArgumentException("nothing to compare: already the run without interrupts " + finding.sentence());
        }
        try (Explorer explorer = new Explorer(subject, base, settings.jobs(), !settings.whole())) {
            return FootprintCheck.of(explorer, base, window(base), settings.budget(), functions, nanos);
        }
    }

    private Report run(Trials memory) {
        BaseRun base = base(Bench::watch);
        Optional<Report> bad = bad(base);
        if (bad.isPresent()) {
            return bad.get();
        }
        Window window = window(base);
        try (Explorer explorer = new Explorer(subject, base, settings.jobs(), !settings.whole())) {
            Strategy strategy = strategy(explorer, window, base);
            boolean complete = search(strategy, (batch, most) -> explorer.run(batch, most, runs, memory), memory);
            return report(base, window, new Shrinker(schedule -> explorer.run(List.of(schedule)).getFirst(), functions).shrink(found), settings.strategy(),
                    strategy.stoodFor(runs), complete);
        }
    }

    /**
     * Searches with runs that somebody else makes, each when the one before is over. The run to which nothing else comes is good, and ends at the
     * subject's limit, if not before.
     *
     * @param maker runs a schedule to an end
     */
    public Report run(Function<Schedule, Trial> maker) {
        BaseRun base = base(Bench::runThroughMarks);
        Window window = window(base);
        try (Explorer explorer = new Explorer(subject, base, 1, false)) {
            Strategy strategy = strategy(explorer, window, base);
            boolean complete = search(strategy, (batch, most) -> upToAFinding(batch, most, maker), Trials.NONE);
            return report(base, window, new Shrinker(maker, functions).shrink(found), settings.strategy(), strategy.stoodFor(runs), complete);
        }
    }

    private List<Trial> upToAFinding(List<Schedule> batch, int most, Function<Schedule, Trial> maker) {
        List<Trial> came = new ArrayList<>();
        for (int i = 0; i < Math.min(most, batch.size()) && (settings.all() || came.isEmpty() || !(came.getLast().outcome() instanceof Outcome.Finding)); i++) {
            came.add(maker.apply(batch.get(i)));
        }
        return came;
    }

    private Strategy strategy(Explorer explorer, Window window, BaseRun base) {
        return Strategies.of(settings.strategy(), subject, explorer, window, base, settings.seed(), settings.budget());
    }

    /** The report of the run to which nothing comes, if that ends badly: there is nothing to search then. */
    public Optional<Report> withoutInterrupts() {
        return bad(base(Bench::watch));
    }

    private BaseRun base(BaseRun.Way way) {
        return BaseRun.of(subject, settings.places(), way, listener);
    }

    private Optional<Report> bad(BaseRun base) {
        if (!(base.outcome() instanceof Outcome.Finding finding)) {
            return Optional.empty();
        }
        note(new Trial(Schedule.NONE, base.outcome(), false));
        return Optional.of(report(base, new Window(0, Math.max(1, base.end())),
                List.of(new Finding(Cause.of(finding, functions), Schedule.NONE, finding, List.of(Schedule.NONE))), "none", 0, true));
    }

    private Window window(BaseRun base) {
        long from = settings.from().map(base::at).orElse(base.firstInterrupt().orElse(base.checkpoints().getFirst().position()));
        long to = settings.to().map(base::at).orElse(base.end());
        if (to > base.end()) {
            throw new IllegalArgumentException("the run without interrupts ends at position " + base.end() + ", before the window's end");
        }
        return new Window(from, to);
    }

    /** Runs the first schedules of a batch. */
    private interface Maker {
        List<Trial> run(List<Schedule> batch, int most);
    }

    /** Returns whether the strategy tried all that it would. */
    private boolean search(Strategy strategy, Maker maker, Trials memory) {
        List<Trial> last = List.of();
        while (true) {
            List<Schedule> batch = strategy.next(last);
            if (batch.isEmpty()) {
                return true;
            }
            if (runs >= settings.budget() || !found.isEmpty() && !settings.all()) {
                return false;
            }
            last = maker.run(batch, (int) (settings.budget() - runs));
            last.forEach(this::note);
            listener.progress(new Progress(strategy.name(), runs, memory.used(), Math.min(strategy.most(), settings.budget()), found.size()));
            if (last.size() < batch.size()) {
                return false;
            }
        }
    }

    private void note(Trial trial) {
        runs++;
        trials.add(trial);
        cut += trial.cut() ? 1 : 0;
        outcomes.merge(trial.outcome().getClass().getSimpleName(), 1L, Long::sum);
        if (trial.outcome() instanceof Outcome.Finding finding) {
            found.computeIfAbsent(Cause.of(finding, functions), _ -> new ArrayList<>()).add(trial);
        }
    }

    private Report report(BaseRun base, Window window, List<Finding> findings, String strategy, long stoodFor, boolean complete) {
        return new Report(base.outcome(), base.end(), base.usual(), base.limit(subject), window, strategy, runs, cut, stoodFor, outcomes, findings, trials,
                complete);
    }
}
