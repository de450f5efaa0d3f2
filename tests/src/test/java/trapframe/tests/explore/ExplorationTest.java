package trapframe.tests.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.explore.Exploration;
import trapframe.explore.Exploration.Settings;
import trapframe.explore.Finding;
import trapframe.explore.FindingRecording;
import trapframe.explore.Outcome;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Schedule;
import trapframe.explore.Subject;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;

class ExplorationTest {
    /** Where Sprout's test of kernel threads begins, about; it runs for 38 million positions. */
    private static final long THREADS = 196_000_000;

    private static Settings spread(int budget, int jobs) {
        return new Settings(Optional.of(new Point.Position(THREADS)), Optional.empty(), "spread", 1, budget, jobs, false, false);
    }

    @Test
    void aKernelThatLogsWhileItSwitchesIsFoundByOneInterrupt() {
        Report report = SproutSubject.explore("sprout-log-in-switch", "test=kthread", spread(32, 2));

        assertThat(report.base()).isInstanceOf(Outcome.GoalReached.class);
        assertThat(report.findings()).isNotEmpty().allSatisfy(finding -> {
            assertThat(finding.schedule().steps()).hasSize(1);
            assertThat(finding.outcome()).isNotInstanceOf(Outcome.Failed.class);
        });
    }

    @Test
    void whatTheLocksOfAGoodRunPredictIsConfirmedByOneInterrupt() {
        Settings settings = new Settings(Optional.empty(), Optional.empty(), "locks", 1, 100, 2, false);

        Report report = SproutSubject.explore("sprout-log-in-switch", "test=kthread", settings);

        assertThat(report.base()).isInstanceOf(Outcome.GoalReached.class);
        assertThat(report.runs()).isLessThan(20);
        assertThat(report.findings()).first().satisfies(finding -> {
            assertThat(finding.schedule().steps()).hasSize(1);
            assertThat(finding.cause().toString()).startsWith("dead spin").contains("spin_lock");
        });
    }

    @Test
    void aFindingIsRecordedFromTheFirstInstructionOnAndReplayed(@TempDir Path folder) {
        Subject subject = SproutSubject.of("sprout-refcount-race", "test=kthread");
        Report report = SproutSubject.explore("sprout-refcount-race", "test=kthread", spread(32, 2));
        Path file = folder.resolve("finding");

        assertThat(FindingRecording.write(subject, report, report.findings().getFirst(), file, SproutSubject.functions("sprout-refcount-race")))
                .as("confirmed").isTrue();

        Recording recording = RecordingFile.read(file);
        try (Replay replay = new Replay(recording, recording.run().opener(file), value -> { }, Optional.empty())) {
            assertThat(replay.run(true)).isInstanceOf(Replay.AsRecorded.class);
        }
    }

    @Test
    void whatIsFoundDoesNotDependOnTheNumberOfMachines() {
        Report one = SproutSubject.explore("sprout-refcount-race", "test=kthread", spread(32, 1));
        Report three = SproutSubject.explore("sprout-refcount-race", "test=kthread", spread(32, 3));

        assertThat(three).isEqualTo(one);
        assertThat(one.findings()).isNotEmpty();
    }

    /** In one nobody wakes who joins a thread that has ended, in the other a worker sleeps at a semaphore whose count is not 0. */
    @Test
    void hangsOfAnIdleGuestAreToldApartByTheStatesOfItsTasks() {
        Report join = SproutSubject.explore("sprout-join-race", "test=kthread", spread(32, 2));
        Report wakeup = SproutSubject.explore("sprout-lost-wakeup", "test=kthread", spread(32, 2));

        assertThat(join.findings()).isNotEmpty().allSatisfy(finding -> assertThat(finding.cause().toString()).startsWith("no progress: idle, TASK_JOINING"));
        assertThat(wakeup.findings()).isNotEmpty().allSatisfy(finding -> assertThat(finding.cause().toString()).contains("no progress: idle, ", "TASK_SLEEPING"));
        assertThat(join.findings().getFirst().cause()).isNotEqualTo(wakeup.findings().getFirst().cause());
    }

    /** What a process that was killed leaves is a part of the file, cut off anywhere. */
    @Test
    void aSearchThatWasKilledGoesOnWhereItWas(@TempDir Path folder) throws IOException {
        String kernel = "sprout-refcount-race";
        Path file = folder.resolve("state");
        Settings settings = new Settings(Optional.of(new Point.Position(THREADS)), Optional.empty(), "spread", 1, 96, 2, true, false, Optional.of(file));
        Report whole = SproutSubject.explore(kernel, "test=kthread", settings);
        byte[] content = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(content, content.length / 2));

        List<Long> known = new ArrayList<>();
        Report resumed = new Exploration(SproutSubject.of(kernel, "test=kthread"), settings, SproutSubject.functions(kernel),
                progress -> known.add(progress.known())).run();

        assertThat(resumed).isEqualTo(whole);
        assertThat(whole.findings()).isNotEmpty();
        assertThat(known.getLast()).isBetween(16L, 80L);
        known.clear();
        new Exploration(SproutSubject.of(kernel, "test=kthread"), settings, SproutSubject.functions(kernel), progress -> known.add(progress.known())).run();
        assertThat(known).containsExactly(32L, 64L, 96L);
    }

    /** The window is the first thousand places of a round of threads at which an interrupt would be taken; a round later is where each run has to come. */
    @Test
    void whatIsCutOffEndsAsItDoesWhenItIsRunToItsEnd() {
        String kernel = "sprout-refcount-race";
        Optional<Point> from = Optional.of(SproutSubject.symbol(kernel, "log_message", 104));
        Point.Symbol end = SproutSubject.symbol(kernel, "partner_main", 13);
        Subject subject = SproutSubject.of(kernel, "test=kthread").coming(end);

        Report cut = SproutSubject.explore(subject, kernel, new Settings(from, Optional.of(end), "exhaustive", 1, 1024, 2, true, false));
        Report whole = SproutSubject.explore(subject, kernel, new Settings(from, Optional.of(end), "exhaustive", 1, 1024, 2, true, true));

        assertThat(cut.cut()).isGreaterThan(cut.runs() * 9 / 10);
        assertThat(whole.cut()).isZero();
        assertThat(cut.outcomes()).isEqualTo(whole.outcomes()).containsKey("Failed").containsKey("GoalReached");
        assertThat(kinds(cut)).as("at each place").isEqualTo(kinds(whole));
        assertThat(cut.findings()).isNotEmpty();
        assertThat(cut.findings().stream().map(Finding::shown).toList()).isEqualTo(whole.findings().stream().map(Finding::shown).toList());
    }

    private static Report search(String kernel, String commandLine, Point.Symbol from, Point.Symbol to, String strategy, int budget, boolean all) {
        return SproutSubject.explore(SproutSubject.of(kernel, commandLine).coming(to), kernel, new Settings(Optional.of(from), Optional.of(to), strategy, 1,
                budget, 2, all));
    }

    /** A tick while there is an idle task, but nobody knows yet that it is one, would give it a turn like any other. */
    @Test
    void theSchedulerStartsWhereverTheTickComes() {
        Report report = search("sprout", "test=boot-stages", SproutSubject.symbol("sprout", "sched_init", 1),
                SproutSubject.symbol("sprout", "selftest_tasks", 1), "exhaustive", 10_000, true);

        assertThat(report.complete()).isTrue();
        assertThat(report.runs()).isGreaterThan(40);
        assertThat(report.findings()).isEmpty();
    }

    /** Two threads that sleep: hardly anything is executed meanwhile. */
    @Test
    void theTimeInWhichAllCpusWaitIsNoPlaceForAnInterrupt() {
        Report report = search("sprout", "test=sleep", SproutSubject.symbol("sprout", "nap_together", 5), SproutSubject.symbol("sprout", "nap_together", 6),
                "exhaustive", 10_000, true);

        assertThat(report.runs()).isBetween(100L, (report.window().to() - report.window().from()) / 100);
    }

    /** Two threads that sleep; the last one is forgotten if its alarm comes between STI and HLT. */
    @Test
    void whatIsExecutedIsSearchedEvenlyHoweverLongTheGuestSleepsInBetween() {
        String kernel = "sprout-sti-hlt-gap";

        Report report = search(kernel, "test=sleep", SproutSubject.symbol(kernel, "nap_together", 5), SproutSubject.symbol(kernel, "nap_together", 7), "spread", 32,
                false);

        assertThat(report.findings()).singleElement().satisfies(finding -> assertThat(finding.cause().toString()).contains("TASK_READY"));
    }

    @Test
    void aRunThatIsFollowedIsWatchedFromItsLastInterruptOnAndNoFurther() {
        String kernel = "sprout-log-in-switch";
        long follow = 20_000_000;

        Report report = SproutSubject.explore(SproutSubject.of(kernel, "test=kthread").followed(follow), kernel, spread(32, 2));

        assertThat(report.findings()).isNotEmpty().allSatisfy(finding -> {
            assertThat(finding.outcome()).isInstanceOf(Outcome.Hung.class);
            assertThat(finding.outcome().position()).isLessThan(finding.schedule().steps().getLast().position() + finding.schedule().stalled() + follow)
                    .isLessThan(report.usual());
        });
        assertThat(report.trials()).anySatisfy(trial -> assertThat(trial.outcome().toString()).contains("--follow"));
    }

    /** How each run ended. */
    static List<Class<?>> kinds(Report report) {
        return report.trials().stream().<Class<?>>map(trial -> trial.outcome().getClass()).toList();
    }

    @Test
    void aRunThatEndsBadlyByItselfIsFoundWithNothingComingToIt() {
        Report report = SproutSubject.explore("sprout", "test=none-of-these", spread(32, 2));

        assertThat(report.findings()).singleElement().satisfies(finding -> assertThat(finding.schedule()).isEqualTo(Schedule.NONE));
        assertThat(withoutInterrupts("test=none-of-these")).contains(report);
        assertThat(withoutInterrupts("test=boot-stages")).isEmpty();
    }

    private static Optional<Report> withoutInterrupts(String commandLine) {
        return new Exploration(SproutSubject.of("sprout", commandLine), spread(32, 2), SproutSubject.functions("sprout"), _ -> { }).withoutInterrupts();
    }

    @Test
    void aWindowBehindTheEndIsRefused() {
        Settings settings = new Settings(Optional.empty(), Optional.of(new Point.Position(1L << 40)), "spread", 1, 1, 1, false, false);

        assertThatThrownBy(() -> SproutSubject.explore("sprout", "test=boot-stages", settings)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ends at position");
    }
}
