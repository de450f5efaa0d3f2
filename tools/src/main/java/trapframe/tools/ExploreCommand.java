package trapframe.tools;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trapframe.boot.BootImage;
import trapframe.diagnose.Verdict;
import trapframe.explore.Exploration;
import trapframe.explore.Finding;
import trapframe.explore.FootprintCheck;
import trapframe.explore.Outcome;
import trapframe.explore.PlaceMissed;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.symbols.KernelSymbols;
import trapframe.timeline.RunDescription;

/** {@code trapframe explore}: searches interrupt positions for hangs and failures. */
@Command(name = "explore", sortOptions = false,
        description = "Runs an image again and again, each time with the next interrupt, or a CPU's turn, somewhere else, and looks for runs that hang "
                + "or fail. The run without that has to end well: by success on the debug-exit port, --until, power-off or reset.",
        footer = {"", "Exit codes: 0 nothing found in what was searched, 1 found, 2 wrong use.",
                "", "Example: trapframe explore kernel.elf --append test=kthread --memory 8M --out findings"})
final class ExploreCommand implements Callable<Integer> {
    private static final int MOST_JOBS = 256;

    @Parameters(arity = "0..1", paramLabel = "IMAGE", description = "The kernel; without it, the bundled one.")
    private Path image;

    @Mixin
    private MachineOptions options;

    @Option(names = "--from", paramLabel = "PLACE", description = "Where the window begins: a position, symbol:NAME, symbol:NAME#TIMES or a text of the "
            + "console (default: the first interrupt).")
    private String from;

    @Option(names = "--to", paramLabel = "PLACE", description = "Where it ends. Without --until, a text or symbol is also what each run has to "
            + "come to, and enough (default: the end of the run).")
    private String to;

    @Option(names = "--follow", paramLabel = "TIME", converter = Quantity.VirtualNanos.class, description = "Follows each run for so long behind its last step, and watches it from there for "
            + "hangs (default: to the end, watched from when it should have ended).")
    private Long follow;

    /** What may be named with --check. */
    private static final Set<String> CHECKED = Set.of("auto", "footprint", "exhaustive");

    @Option(names = "--strategy", paramLabel = "NAME", description = "What is tried: locks (what the locks of a good run predict), "
            + "spread (evenly over the window), exhaustive (everywhere), footprint (everywhere but where an interrupt does as at the place before), "
            + "pairs (two interrupts), conflicts (turns of CPUs at memory that they share), pct or pct:D (at random points of synchronisation), random, "
            + "or auto (locks, spread, a closer look by footprint or conflicts, and spread again; the default).", defaultValue = "auto")
    private String strategy;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is tried at random (default: ${DEFAULT-VALUE}).", defaultValue = "1")
    private long seed;

    @Option(names = "--budget", paramLabel = "RUNS", description = "Runs at most (default: ${DEFAULT-VALUE}).", defaultValue = "1000")
    private int budget;

    @Option(names = "--jobs", paramLabel = "N", description = "Machines that run at once (default: as many as this computer has processors). What "
            + "is found does not depend on it.")
    private Integer jobs;

    @Option(names = "--all", description = "Goes on behind the first fault.")
    private boolean all;

    @Option(names = "--whole", description = "Runs each run to its end, also where its outcome is known from a state that it comes to.")
    private boolean whole;

    @Option(names = "--check", description = "Searches the first places of the window, as many as --budget says, by strategies footprint and exhaustive, "
            + "and compares what came of each place. Exit code 1 names the first difference; --json lists them all.")
    private boolean check;

    @Option(names = "--out", paramLabel = "FOLDER", description = "Writes each finding as a recording for replay, gdb and explain, a "
            + "JUnit test that searches again, and map.html, which shows what came of every run.")
    private Path out;

    @Option(names = "--state", paramLabel = "FILE", description = "Remembers the runs in this file. With the file of a search that was killed, goes on "
            + "where that was, to the same result; --budget, --jobs and --all may be others.")
    private Path state;

    @Option(names = "--json", description = "Prints the result as one JSON document.")
    private boolean json;

    @Mixin
    private HelpOption help;

    private static final Map<String, String> OUTCOMES = new LinkedHashMap<>();

    static {
        OUTCOMES.put(Outcome.GoalReached.class.getSimpleName(), "ended well");
        OUTCOMES.put(Outcome.Hung.class.getSimpleName(), "hung");
        OUTCOMES.put(Outcome.Failed.class.getSimpleName(), "failed");
        OUTCOMES.put(Outcome.BudgetExhausted.class.getSimpleName(), "did not end within the limit");
        OUTCOMES.put(Outcome.Equivalent.class.getSimpleName(), "went on as without an interrupt");
    }

    private long started;
    private Exploration.Progress said;
    private long saidAt;

    @Override
    public Integer call() {
        options.check();
        if (budget < 1 || jobs != null && (jobs < 1 || jobs > MOST_JOBS)) {
            throw new UserError("--budget must be 1 at least, and --jobs 1 to " + MOST_JOBS);
        }
        if (check && (out != null || state != null)) {
            throw new UserError("--check compares two searches: it has no findings to write to --out, and no runs to remember in --state");
        }
        if (check && !CHECKED.contains(strategy)) {
            throw new UserError("--check compares the strategies footprint and exhaustive, and not " + strategy);
        }
        BootImage kernel = MachineOptions.image(Optional.ofNullable(image));
        RunDescription run = RunDescription.of(options.spec(), kernel, image == null, options.bootParameters(), options.inputFile(), false);
        RunDescription.Opener opener = run.opener(Project.bundledKernel());
        Optional<KernelSymbols> symbols = options.symbols(kernel);
        LongFunction<Optional<String>> functions = address -> symbols.flatMap(known -> known.symbolAt(address)).map(symbol -> symbol.name());
        started = System.nanoTime();
        try {
            Subject subject = subject(new Subject(run, opener, options.until(), options.fail(), limit(), symbols.flatMap(options::tasks)), symbols);
            Exploration exploration = new Exploration(subject, new Exploration.Settings(place(from, symbols), place(to, symbols), strategy, seed, budget,
                    jobs == null ? Runtime.getRuntime().availableProcessors() : jobs, all, whole, Optional.ofNullable(state)), functions, listener());
            if (check) {
                return report(exploration.check(System::nanoTime));
            }
            Report report = exploration.run();
            double seconds = (System.nanoTime() - started) / 1e9;
            Map<Finding, Path> recordings = out == null ? Map.of() : new FindingFiles(out, subject, report, functions).write();
            return report(report, seconds, recordings, address -> symbols.flatMap(known -> known.describe(address)));
        } catch (PlaceMissed e) {
            throw new UserError((place(from, symbols).filter(e.place()::equals).isPresent() ? "--from: " : "--to: ") + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UserError(e.getMessage());
        }
    }

    private OptionalLong limit() {
        return options.limit().map(limit -> OptionalLong.of(switch (limit) {
            case Quantity.Limit.VirtualTime(long nanos) -> nanos;
            case Quantity.Limit.CodeBytes(long count) -> count;
        })).orElse(OptionalLong.empty());
    }

    private Subject subject(Subject whole, Optional<KernelSymbols> symbols) {
        Subject subject = goal(symbols).map(place -> toCome(place, whole)).orElse(whole);
        return follow == null ? subject : subject.followed(follow);
    }

    /** What each run has to come to: {@code --until}, or else the end of the window, unless it is only a position. */
    private Optional<Point> goal(Optional<KernelSymbols> symbols) {
        return options.untilSymbol().map(name -> MachineOptions.UNTIL_SYMBOL + name).or(() -> options.until().isPresent() ? Optional.empty() : Optional.ofNullable(to))
                .flatMap(text -> place(text, symbols));
    }

    private static Subject toCome(Point place, Subject whole) {
        return switch (place) {
            case Point.Position _ -> whole;
            case Point.Text(String text) -> whole.showing(text);
            case Point.Symbol symbol -> whole.coming(symbol);
        };
    }

    private static Optional<Point> place(String text, Optional<KernelSymbols> symbols) {
        return Optional.ofNullable(text).map(there -> Point.parse(there, name -> symbols.map(known -> known.address(name)).orElse(OptionalLong.empty())));
    }

    private Exploration.Listener listener() {
        LongRun base = new LongRun("without interrupts");
        return new Exploration.Listener() {
            @Override
            public void progress(Exploration.Progress progress) {
                say(progress);
            }

            @Override
            public void withoutInterrupts(long position, long limit) {
                base.at(position, limit, () -> "");
            }
        };
    }

    /** Says how far it is: once a second, and whenever something is found. */
    private void say(Exploration.Progress progress) {
        long now = System.nanoTime();
        if (said != null && now - saidAt < 1_000_000_000L && said.findings() == progress.findings() && said.strategy().equals(progress.strategy())) {
            return;
        }
        said = progress;
        saidAt = now;
        double rate = (progress.runs() - progress.known()) / ((System.nanoTime() - started) / 1e9);
        Say.line(String.format(Locale.ROOT, "%s: %d of at most %d runs%s, %.1f a second, %s%d found", progress.strategy(), progress.runs(), progress.most(),
                progress.known() > 0 ? " (" + progress.known() + " known from " + state + ")" : "", rate, remaining(progress, rate), progress.findings()));
    }

    private String remaining(Exploration.Progress progress, double rate) {
        boolean isOver = progress.findings() > 0 && !all || progress.runs() >= progress.most();
        return isOver || rate == 0 ? "" : String.format(Locale.ROOT, "%.0f s left at most, ", (progress.most() - progress.runs()) / rate);
    }

    private int report(Report report, double seconds, Map<Finding, Path> recordings, LongFunction<Optional<String>> names) {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("strategy", report.strategy());
            document.put("runs", report.runs());
            document.put("cutOff", report.cut());
            document.put("stoodFor", report.stoodFor());
            document.put("outcomes", report.outcomes());
            document.put("hostSeconds", seconds);
            document.put("findings", report.findings().stream().map(finding -> describe(finding, recordings.get(finding), names)).toList());
            Json.print(document);
        } else {
            Say.line(String.format(Locale.ROOT, "%d runs of strategy %s%s, %d of them cut off, in %.1f s, window %d to %d: %s", report.runs(), report.strategy(),
                    report.stoodFor() > 0 ? " that stand for " + report.stoodFor() + " more" : "", report.cut(), seconds, report.window().from(), report.window().to(), words(report.outcomes())));
            for (Finding finding : report.findings()) {
                Say.line("found " + finding.cause() + ", in " + finding.shown().size() + " of the runs: with " + finding.schedule() + " the guest "
                        + sentence(finding, names));
                if (recordings.containsKey(finding)) {
                    Say.line("recorded in " + recordings.get(finding));
                }
            }
            if (report.findings().isEmpty()) {
                Say.line("nothing found in what was searched");
            }
        }
        return report.findings().isEmpty() ? ExitCode.SUCCESS : ExitCode.GUEST_FAILED;
    }

    private int report(FootprintCheck check) {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("places", check.places());
            document.put("tried", check.runs());
            document.put("found", check.faults());
            document.put("hostSeconds", check.seconds());
            document.put("exhaustiveHostSeconds", check.wholeSeconds());
            document.put("differences", check.differences().stream().map(ExploreCommand::describe).toList());
            Json.print(document);
        } else {
            Say.line(String.format(Locale.ROOT, "%d places: footprint tried %d of them (%.1f %%) in %.1f s, exhaustive all in %.1f s and found something at %d",
                    check.places(), check.runs(), 100.0 * check.runs() / Math.max(1, check.places()), check.seconds(), check.wholeSeconds(), check.faults()));
            Say.line(check.differences().isEmpty() ? "they say the same of each place"
                    : "they differ at " + check.differences().size() + " places: " + check.differences().getFirst());
        }
        return check.differences().isEmpty() ? ExitCode.SUCCESS : ExitCode.GUEST_FAILED;
    }

    private static Map<String, Object> describe(FootprintCheck.Difference difference) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("position", difference.position());
        document.put("exhaustive", difference.exhaustive());
        document.put("standsFor", difference.standsFor());
        document.put("footprint", difference.footprint());
        return document;
    }

    private static String sentence(Finding finding, LongFunction<Optional<String>> names) {
        return finding.outcome() instanceof Outcome.Hung(Verdict verdict, var _) ? verdict.sentence(names) : finding.outcome().sentence();
    }

    private static String words(Map<String, Long> outcomes) {
        return OUTCOMES.entrySet().stream().filter(kind -> outcomes.containsKey(kind.getKey()))
                .map(kind -> outcomes.get(kind.getKey()) + " " + kind.getValue()).collect(Collectors.joining(", "));
    }

    private static Map<String, Object> describe(Finding finding, Path recording, LongFunction<Optional<String>> names) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("cause", finding.cause().toString());
        document.put("schedule", finding.schedule().toString());
        document.put("message", "the guest " + sentence(finding, names));
        document.put("position", finding.outcome().position());
        document.put("shown", finding.shown().size());
        if (recording != null) {
            document.put("recording", recording.toString());
        }
        return document;
    }
}
