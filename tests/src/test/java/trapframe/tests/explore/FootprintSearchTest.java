package trapframe.tests.explore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.explore.Exploration;
import trapframe.explore.FootprintCheck;
import trapframe.explore.Outcome;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.tests.timeline.LongModeGuest;

/** What an interrupt at each place does is found out at few of them. */
class FootprintSearchTest {
    /** Ends badly unless each tick was counted, and one more. */
    private static final String COUNTED = LongModeGuest.START + """
            .balign 8
            noise: .long 0
            shared: .long 0
            on_double_fault: jmp on_double_fault
            on_tick:
              push rax
              inc dword ptr [ticks]
              inc dword ptr [shared]
              mov al, 0x20
              out 0x20, al
              pop rax
              iretq
            begin: sti
              .rept 140
              mov [noise], ebx
              push rbx
              pop rcx
              .endr
              mov eax, [shared]
              inc eax
              .rept 20
              lea ecx, [rcx + 4 * rbx]
              .endr
              mov [shared], eax
              .rept 40
              add [noise], ebx
              .endr
              cli
              mov eax, [shared]
              sub eax, [ticks]
              dec eax
              jz succeed
              mov al, 1
              out 0xf4, al
            """;
    /** Another CPU is started, notes that, and halts for good. */
    private static final String BESIDE_ONE_THAT_WAITS = COUNTED.replace("begin:", """
            begin:
              mov dword ptr [0x8000], 0x900006c6
              mov dword ptr [0x8004], 0xfdebf401
            """ + LongModeGuest.START_OTHER + """
            wait_for_other:
              pause
              cmp byte ptr [0x9000], 0
              je wait_for_other
            """);
    /** The handler looks at where it came. */
    private static final String LOOKING = LongModeGuest.START + """
            on_double_fault: jmp on_double_fault
            on_tick:
              push rax
              mov rax, [rsp + 8]
              cmp eax, offset victim
              jne harmless
              mov al, 1
              out 0xf4, al
            harmless:
              mov al, 0x20
              out 0x20, al
              pop rax
              iretq
            begin: sti
              .rept 20
              inc ebx
              .endr
            victim: .rept 20
              inc ebx
              .endr
              cli
              jmp succeed
            """;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anUpdateThatAHandlerCanGetLostIsFoundByFewRuns(int cpus, @TempDir Path folder) {
        Subject subject = GuestSubject.of(cpus == 1 ? COUNTED : BESIDE_ONE_THAT_WAITS, cpus, folder.resolve("image"));

        FootprintCheck check = GuestSubject.explore(subject, "footprint", 10_000).check(System::nanoTime);

        assertThat(check.differences()).isEmpty();
        assertThat(check.faults()).as("between the load and the store").isBetween(20L, 24L);
        assertThat(check.runs()).isLessThan(check.places() / 8);
        Report report = GuestSubject.explore(subject, "footprint", 10_000).run();
        assertThat(report.findings()).hasSize(1);
        assertThat(report.runs() + report.stoodFor()).isEqualTo(check.places());
        Report exhaustive = GuestSubject.explore(subject, "exhaustive", 10_000).run();
        assertThat(exhaustive.cut()).as("what comes back to the state of the run before").isGreaterThan(exhaustive.runs() * 3 / 4);
        Report whole = GuestSubject.whole(subject, "exhaustive", 10_000).run();
        assertThat(whole.cut()).isZero();
        assertThat(ExplorationTest.kinds(exhaustive)).as("at each place").isEqualTo(ExplorationTest.kinds(whole));
    }

    /** Of a search in batches of more than a thousand, in parts of 256 of which runs are cut off. */
    @ParameterizedTest
    @CsvSource({"exhaustive, 300", "footprint, 3", "auto, 130"})
    void aSearchHasNoMoreRunsThanItsBudgetAndGoesOnWithAGreaterOne(String strategy, int budget, @TempDir Path folder) {
        Subject subject = GuestSubject.of(COUNTED, 1, folder.resolve("image"));
        Report all = GuestSubject.explore(subject, strategy, 10_000).run();

        Report some = GuestSubject.explore(subject, strategy, budget, 3, folder.resolve("state")).run();

        assertThat(some.runs()).isEqualTo(budget);
        assertThat(some.complete()).isFalse();
        assertThat(some.stoodFor()).isLessThanOrEqualTo(all.stoodFor());
        assertThat(some.trials()).isEqualTo(all.trials().subList(0, budget));
        for (int i = 0; i < 2; i++) {
            assertThat(GuestSubject.explore(subject, strategy, 10_000, 2, folder.resolve("state")).run()).isEqualTo(all);
        }
        assertThat(GuestSubject.explore(subject, strategy, budget, 1, folder.resolve("state")).run()).as("from the file").isEqualTo(some);
    }

    @Test
    void theCheckNamesWhereAHandlerDecidesByTheInstructionThatItInterrupted(@TempDir Path folder) {
        FootprintCheck check = GuestSubject.explore(GuestSubject.of(LOOKING, 1, folder.resolve("image")), "footprint", 10_000).check(System::nanoTime);

        assertThat(check.differences()).singleElement().satisfies(difference -> assertThat(difference.toString()).startsWith("an interrupt at position ")
                .contains(": failure: ; footprint says, by the run with one at "));
    }

    /** It gets lost at three places among thousands. */
    @Test
    void inASmallWindowTheUsualStrategyLooksEverywhere(@TempDir Path folder) {
        String rare = COUNTED.replace(".rept 140", ".rept 1500").replace(".rept 20", ".rept 1");
        Subject subject = GuestSubject.of(rare, 1, folder.resolve("image"));

        Report report = GuestSubject.explore(subject, "auto", 256, 3, folder.resolve("state")).run();

        assertThat(report.complete()).isTrue();
        assertThat(report.stoodFor()).isGreaterThan(1500 * 3);
        assertThat(report.findings()).hasSize(1);
        assertThat(report.trials().subList(0, 128)).as("all over the window").noneMatch(trial -> trial.outcome() instanceof Outcome.Finding);
        assertThat(GuestSubject.explore(subject, "auto", 10_000, 1, folder.resolve("state")).run()).as("from the file, on one machine").isEqualTo(report);
    }

    /** The window is a part of a round of threads; each run goes to the round's end. */
    @Test
    void ofSproutsThreadsTheSameIsFoundAsEverywhere() {
        String kernel = "sprout-refcount-race";
        Point.Symbol from = SproutSubject.symbol(kernel, "log_message", 104);
        Point.Symbol to = SproutSubject.symbol(kernel, "partner_main", 13);

        FootprintCheck check = new Exploration(SproutSubject.of(kernel, "test=kthread").coming(to), new Exploration.Settings(Optional.of(from), Optional.of(to), "footprint", 1, 1024, 2, true),
                SproutSubject.functions(kernel), _ -> { }).check(System::nanoTime);

        assertThat(check.differences()).isEmpty();
        assertThat(check.faults()).isGreaterThan(100);
        assertThat(check.runs()).isLessThan(check.places() / 10);
    }
}
