package trapframe.explore;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import trapframe.diagnose.Verdict;
import trapframe.timeline.Endings;
import trapframe.timeline.Recorder;
import trapframe.timeline.RecordingFile;

/**
 * Runs a finding's schedule from the first instruction on, and records that. The search went on from checkpoints on the way; this confirms that
 * the whole run ends so too.
 */
public final class FindingRecording {
    private FindingRecording() { }

    /**
     * @return whether the run ended as the search said; the recording is there in any case
     * @throws trapframe.timeline.TimelineException if the file cannot be written
     */
    public static boolean write(Subject subject, Report report, Finding finding, Path file, LongFunction<Optional<String>> functions) {
        RecordingFile recording = new RecordingFile(file, subject.run());
        AtomicReference<Recorder> made = new AtomicReference<>();
        try (Bench bench = new Bench(subject, machine -> {
            made.set(new Recorder(machine, recording));
            return made.get();
        }); Recorder recorder = made.get()) {
            // The run without interrupts is watched from its beginning, as it was in the search.
            long usual = finding.schedule().equals(Schedule.NONE) ? 0 : report.usual();
            Outcome outcome = bench.run(finding.schedule(), usual, report.limit());
            boolean failureShown = bench.seen().filter(sight -> sight == ConsoleWatch.Sight.FAIL).isPresent();
            String ending = outcome instanceof Outcome.Hung(Verdict verdict, var _) ? verdict.ending() : Endings.id(bench.lastReason(), failureShown);
            recorder.end(bench.lastReason(), ending, switch (outcome) {
                case Outcome.Finding found -> found.sentence();
                case Outcome.GoalReached(String how) -> how;
                case Outcome.Equivalent _ -> "ran as without interrupts";
            });
            return outcome instanceof Outcome.Finding found && Cause.of(found, functions).equals(finding.cause());
        }
    }
}
