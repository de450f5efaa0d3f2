package trapframe.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.ExplanationPage;
import trapframe.diagnose.why.ExplanationText;
import trapframe.diagnose.why.Outcome;
import trapframe.explore.Schedule;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.Pool;
import trapframe.timeline.Endings;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RunDescription;
import trapframe.timeline.Runner;
import trapframe.timeline.Timeline;

/** {@code trapframe explain}: why a recorded run hangs where it ends. */
@Command(name = "explain", sortOptions = false, description = "Says why a recorded run (boot --record) hangs where it ends: who waits for what, "
        + "who has it, and where that one is.",
        footer = {"", "Exit codes: 0 something is explained, 2 wrong use.", "", "Example: trapframe explain run.recording"})
final class ExplainCommand implements Callable<Integer> {
    /** In positions: how far the machine runs on for a proof. */
    private static final long PROOF = 200_000_000;

    @Parameters(paramLabel = "RECORDING", description = "The file of boot --record.")
    private Path file;

    @Option(names = "--at", paramLabel = "POSITION", description = "Explains this position of the run instead of its end.")
    private Long position;

    @Mixin
    private SymbolOptions symbols;

    @Option(names = "--no-symbols", description = "Does without names, even if the image has some.")
    private boolean noSymbols;

    @Option(names = "--pool", paramLabel = "EXPRESSION", description = "Follows a counter through the run, such as that of buffers in use, and says "
            + "which calls raised it for good (repeatable).")
    private List<String> pools = List.of();

    @Option(names = "--html", paramLabel = "FILE", description = "Writes the explanation as a page for a browser, with a picture and source lines.")
    private Path html;

    @Option(names = "--json", description = "Prints the explanation as one JSON document.")
    private boolean json;

    @Mixin
    private HelpOption help;

    @Override
    public Integer call() {
        Recording recording = RecordingFile.read(file);
        RunDescription.Opener opener = recording.run().opener(Project.bundledKernel());
        Optional<KernelSymbols> known = noSymbols ? Optional.empty() : symbols.symbols(opener.image());
        Optional<KernelDescription> description = symbols.description(known);
        try (Machine machine = opener.open(value -> { })) {
            List<Recording.Applied> inputs = recording.events().stream().filter(Recording.Applied.class::isInstance)
                    .map(Recording.Applied.class::cast).toList();
            Timeline timeline = new Timeline(machine, recording.run().live(), inputs, Timeline.DEFAULT_BUDGET);
            timeline.goTo(moment(recording));
            Explanation explanation = Explanation.of(timeline, outcome(timeline, recording, known), known, description,
                    pools.stream().map(symbol -> new Pool(symbol, symbol, Optional.empty())).toList());
            if (html != null) {
                write(explanation, Schedule.of(recording));
            }
            if (json) {
                Json.print(RecordDocument.of(explanation));
            } else {
                ExplanationText.of(explanation).forEach(System.out::println);
            }
            return ExitCode.SUCCESS;
        }
    }

    private Moment moment(Recording recording) {
        Moment end = recording.ended().map(Recording.Ended::moment).orElse(Moment.at(recording.lastPosition()));
        if (position == null) {
            return end;
        }
        if (position > end.position()) {
            throw new UserError("--at " + position + ": the recording ends at position " + end.position());
        }
        return Moment.at(position);
    }

    /** What the machine comes to from where it stands; it runs on for that, and comes back. */
    private static Outcome outcome(Timeline timeline, Recording recording, Optional<KernelSymbols> symbols) {
        Moment now = timeline.now();
        Machine machine = timeline.machine();
        long limit = machine.clock().position() + PROOF;
        Runner runner = new LongRun("looking for a proof").with(Runner.of(machine), machine, limit, () -> "");
        Ending ending = new HangWatch(machine, runner).run(new RunLimits(limit, recording.run().live()));
        timeline.goTo(now);
        return switch (ending) {
            case Ending.Hung(Verdict verdict) -> Outcome.of(verdict, address -> symbols.flatMap(known -> known.describe(address)));
            case Ending.Ended(StopReason.PositionLimit()) -> new Outcome(new Verdict.NotProved(now.position(), List.of(), "it runs on").sentence(), List.of());
            case Ending.Ended(StopReason reason) -> new Outcome(Endings.words(reason, machine.cpus().size()), List.of());
        };
    }

    private void write(Explanation explanation, Schedule schedule) {
        try {
            Files.writeString(html, ExplanationPage.of(explanation, ExplainCommand::source, "trapframe replay " + file + "\ntrapframe explain " + file
                    + (schedule.equals(Schedule.NONE) ? "" : "\n# What came to the run: " + schedule)));
        } catch (IOException e) {
            throw new UserError(html + ": cannot be written");
        }
    }

    /** Paths in the debug information may be relative to where the kernel was built: here, or the project. */
    private static Optional<List<String>> source(String name) {
        for (Path path : List.of(Path.of(name), Project.root().resolve(name))) {
            try {
                if (Files.isRegularFile(path)) {
                    return Optional.of(new String(Files.readAllBytes(path), StandardCharsets.UTF_8).lines().toList());
                }
            } catch (IOException e) {
                // As if it were not there.
            }
        }
        return Optional.empty();
    }
}
