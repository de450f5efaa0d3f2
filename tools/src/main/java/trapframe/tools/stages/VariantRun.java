package trapframe.tools.stages;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import trapframe.harness.Goal;
import trapframe.harness.Outcome;
import trapframe.harness.Report;
import trapframe.harness.Session;
import trapframe.harness.Stage;
import trapframe.machine.StopReason;
import trapframe.timeline.Endings;
import trapframe.timeline.Input;
import trapframe.timeline.TimelineException;

/** Boots a variant, stage by stage. */
final class VariantRun {
    /** The name of what follows the last stage, where an end is expected. */
    static final String END = "end";

    private final Variant variant;
    private final Optional<Path> recording;
    private final BiConsumer<Integer, VariantResult.Status> progress;
    private final List<VariantResult.StageResult> results = new ArrayList<>();

    /**
     * @param recording where the recording of a failed run goes
     * @param progress  hears of each stage, by number, when it begins and when it is over
     */
    VariantRun(Variant variant, Optional<Path> recording, BiConsumer<Integer, VariantResult.Status> progress) {
        this.variant = variant;
        this.recording = recording;
        this.progress = progress;
    }

    VariantResult run() {
        try (Session session = new Session(variant.setup())) {
            for (Stage stage : variant.stages()) {
                progress.accept(results.size(), VariantResult.Status.RUNNING);
                long from = session.machine().clock().nanos();
                Outcome outcome = session.run(stage);
                if (!(outcome instanceof Outcome.Reached)) {
                    String headline = Report.headline(stage, outcome, cpus());
                    return failed(session, stage.name(), VariantResult.Status.of(outcome), from, headline, Optional.of(stage.name()));
                }
                passed(session, stage.name(), from);
            }
            return variant.end().map(end -> end(session, end)).orElseGet(() -> result(session, Optional.empty(), Optional.empty()));
        }
    }

    private int cpus() {
        return variant.setup().machine().cpus();
    }

    private VariantResult end(Session session, ExpectedEnd end) {
        progress.accept(results.size(), VariantResult.Status.RUNNING);
        long from = session.machine().clock().nanos();
        if (variant.setup().attended() && session.ended().isEmpty()) {
            session.apply(new Input.HangUp());
        }
        Goal ends = new Goal.Ends();
        Outcome outcome = session.run(ends, end.budgetNanos());
        if (!(outcome instanceof Outcome.Reached)) {
            return failed(session, END, VariantResult.Status.of(outcome), from, Report.headline(ends, outcome, cpus()), Optional.of(END));
        }
        StopReason reason = session.ended().orElseThrow();
        if (!end.fits(reason)) {
            String headline = "the guest " + Endings.words(reason, cpus()) + ", and not as expected: " + end.words();
            return failed(session, END, VariantResult.Status.FAILED, from, headline, Optional.of(END));
        }
        passed(session, END, from);
        return result(session, Optional.empty(), Optional.empty());
    }

    private void passed(Session session, String stage, long from) {
        results.add(new VariantResult.StageResult(stage, VariantResult.Status.OK, session.machine().clock().nanos() - from));
        progress.accept(results.size() - 1, VariantResult.Status.OK);
    }

    private VariantResult failed(Session session, String stage, VariantResult.Status status, long from, String headline, Optional<String> awaited) {
        results.add(new VariantResult.StageResult(stage, status, session.machine().clock().nanos() - from));
        progress.accept(results.size() - 1, status);
        Optional<String> file = Optional.empty();
        String replay = "give --recordings FOLDER for a recording";
        if (recording.isPresent()) {
            try {
                session.record(recording.get(), "failed a stage: " + headline);
                file = recording.map(Path::toString);
                replay = "trapframe replay " + recording.get();
            } catch (TimelineException e) {
                replay = "not possible: " + e.getMessage();
            }
        }
        return result(session, Optional.of(new VariantResult.Failure(headline, Report.of(headline, session, awaited, replay))), file);
    }

    private VariantResult result(Session session, Optional<VariantResult.Failure> failure, Optional<String> file) {
        return new VariantResult(variant.name(), List.copyOf(results), failure, session.transcript().text(), session.machine().stateHash(), file);
    }
}
