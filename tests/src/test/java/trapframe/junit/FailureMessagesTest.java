package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.tests.StagesKernel;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;

/** What tests say that fail, to the letter, and that the recording which they name is the run that failed. */
class FailureMessagesTest {
    private static final String REPLAY = "replay: trapframe replay ";

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
    }

    /** The tests that fail. */
    @BootImage(value = StagesKernel.PATH, memory = "2M", fail = "panic:", budget = "1ms")
    @Stages({@Stage(name = "one", shows = "stage one\n"), @Stage(name = "two", shows = "stage two\n", within = "2us")})
    static class Failing {
        @Test
        @BootImage(value = StagesKernel.PATH, append = "f", memory = "2M")
        void exits(Guest guest) {
            guest.expectSuccess();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "w", memory = "2M")
        void doesNotReachAStage(Guest guest) {
            guest.boot();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "w", memory = "2M")
        void showsTheWrongLine(Guest guest) {
            guest.expectLine("stage one").expectLine("stage two");
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "p", memory = "2M", fail = "panic:")
        void panics(Guest guest) {
            guest.boot();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "t", memory = "2M")
        void faultsThreeTimes(Guest guest) {
            guest.boot();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "h", memory = "2M")
        void hangs(Guest guest) {
            guest.boot();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "h", memory = "2M")
        void hangsOnTheWayToASymbol(Guest guest) {
            guest.runTo("exit");
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "s", memory = "2M")
        void usesItsBudgetUp(Guest guest) {
            guest.boot();
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "s", memory = "2M")
        @FromStage("two")
        void beginsAtAStageThatIsNotReached(Guest guest) {
            guest.expect("never asked for");
        }

        @Test
        @BootImage(value = StagesKernel.CLOCK, memory = "2M", fail = "panic:", budget = "1ms")
        @Explore(from = "symbol:look", to = "symbol:done", budget = 40)
        void failsWhereAnInterruptComesAtABadMoment(Guest guest) {
            guest.expect("ready", "done").expectSuccess();
        }

        @Test
        void isNotAsItShouldBe(Guest guest) {
            guest.reach("one");
            assertThat(guest).hasRegister("rcx", 5);
        }

        @Test
        void comparesSomething(Guest guest) {
            guest.reach("one");
            assertThat(guest.lines()).isEmpty();
        }
    }

    private static Throwable failure(String test) {
        List<Event> failed = EngineTestKit.engine("junit-jupiter").selectors(selectMethod(Failing.class, test, "trapframe.junit.Guest"))
                .execute().testEvents().failed().list();
        assertThat(failed).hasSize(1);
        return failed.getFirst().getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow();
    }

    private static void check(String test, String message) {
        assertThat(failure(test)).isInstanceOf(AssertionError.class).hasMessage(message.strip());
        checkRecording(message.lines().map(String::strip).filter(line -> line.startsWith(REPLAY)).findFirst().orElseThrow().substring(REPLAY.length()));
    }

    private static void checkRecording(String file) {
        assertThat(Path.of(file)).exists();
        Recording recording = RecordingFile.read(Path.of(file));
        try (Replay replay = new Replay(recording, recording.run().opener(Path.of("none")), value -> { }, Optional.empty())) {
            assertThat(replay.run(true)).isInstanceOf(Replay.AsRecorded.class);
        }
    }

    /** What a proof says is not for this test to say. */
    private static String verdict() {
        MachineSpec small = MachineSpec.standard().withMemory(2 << 20);
        try (Machine machine = new Machine(small, trapframe.boot.BootImage.open(Path.of(StagesKernel.PATH)), BootParameters.of("h"), new SerialInputQueue(),
                value -> { })) {
            return ((Ending.Hung) new HangWatch(machine).run(new RunLimits(1_000_000, true))).verdict().sentence();
        }
    }

    @Test
    void ofAStageThatIsNotReached() {
        check("doesNotReachAStage", """
                stage "two" was not reached: the guest succeeded: it wrote 0x10 to the debug-exit port, and did not show "stage two\\n"
                  at: position 391 (0.000000 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                    | stage twisted
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x10001c exit
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.doesNotReachAStage.rec
                """);
    }

    @Test
    void ofTheWrongText() {
        check("showsTheWrongLine", """
                the guest did not show the line "stage two", but "stage twisted"
                  at: position 377 (0.000000 s)
                  console: all of it
                    | stage one
                    | stage twisted
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x100017 print
                    #1  0x100075 wrong
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.showsTheWrongLine.rec
                """);
    }

    @Test
    void ofAPanic() {
        check("panics", """
                stage "two" was not reached: the guest showed "panic:", which means that it failed, and did not show "stage two\\n"
                  at: position 565 (0.000000 s)
                  ended: the guest VERDICT
                  stages: one reached, two not
                  console: all of it
                    | stage one
                    | panic: out of luck
                    | said the kernel
                  CPU 0, HLT, ring 0, interrupts off
                    #0  0x100093 halt
                    #1  0x100088 panic
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.panics.rec
                """.replace("VERDICT", verdict()));
    }

    @Test
    void ofATripleFault() {
        check("faultsThreeTimes", """
                stage "two" was not reached: the guest failed: triple fault, and did not show "stage two\\n"
                  at: position 269 (0.000000 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                  CPU 0, SHUTDOWN, ring 0, interrupts off
                    #0  0x10008f triple
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.faultsThreeTimes.rec
                """);
    }

    @Test
    void ofAHang() {
        check("hangs", """
                stage "two" was not reached: the guest VERDICT, and did not show "stage two\\n"
                  at: position 269 (0.000000 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                  CPU 0, HLT, ring 0, interrupts off
                    #0  0x100093 halt
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.hangs.rec
                """.replace("VERDICT", verdict()));
    }

    @Test
    void ofAHangOnTheWayToASymbol() {
        check("hangsOnTheWayToASymbol", """
                the guest VERDICT, and did not execute exit
                  at: position 269 (0.000000 s)
                  console: all of it
                    | stage one
                  CPU 0, HLT, ring 0, interrupts off
                    #0  0x100093 halt
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.hangsOnTheWayToASymbol.rec
                """.replace("VERDICT", verdict()));
    }

    @Test
    void ofABudgetThatIsUsedUp() {
        check("usesItsBudgetUp", """
                stage "two" was not reached: the guest did not show "stage two\\n" within 2us
                  at: position 2240 (0.000002 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                    | ...............................................................
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x100011 print
                    #1  0x10009f busy
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.usesItsBudgetUp.rec
                """);
    }

    @Test
    void ofABootThatTheTestShares() {
        check("beginsAtAStageThatIsNotReached", """
                stage "two" was not reached: the guest did not show "stage two\\n" within 2us
                  at: position 2240 (0.000002 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                    | ...............................................................
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x100011 print
                    #1  0x10009f busy
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.boot.rec
                """);
    }

    @Test
    void ofASearchThatFindsABadMoment() {
        check("failsWhereAnInterruptComesAtABadMoment", """
                the guest showed "panic:", which means that it failed, and did not show "done"
                  at: position 1000914 (0.001000 s)
                  schedule: @454 stall 1000232
                  ended: the guest VERDICT
                  console: all of it
                    | ready
                    | panic: the clock moved
                  CPU 0, HLT, ring 0, interrupts off
                    #0  0x1000ca late
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.failsWhereAnInterruptComesAtABadMoment.rec
                  found: by run 2 of strategy spread
                  again: @Explore(schedule = "@454 stall 1000232")
                """.replace("VERDICT", verdict().replace("0x100093", "0x1000ca")));
    }

    @Test
    void ofAFailureThatTheGuestReports() {
        check("exits", """
                the guest failed: it wrote 0x1 to the debug-exit port, and did not end well
                  at: position 386 (0.000000 s)
                  console: all of it
                    | stage one
                    | stage two
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x10001c exit
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.exits.rec
                """);
    }

    @Test
    void ofAnAssertionAboutTheGuest() {
        check("isNotAsItShouldBe", """
                rcx is 0x0, not 0x5
                  at: position 217 (0.000000 s)
                  stages: one reached
                  console: all of it
                    | stage one
                  CPU 0, ACTIVE, ring 0, interrupts off
                    #0  0x100017 print
                    #1  0x10003d _start
                    (nothing tells who called)
                  replay: trapframe replay target/trapframe/Failing.isNotAsItShouldBe.rec
                """);
    }

    @Test
    void ofAnAssertionAboutAnythingElse() {
        assertThat(failure("comparesSomething")).isInstanceOf(AssertionError.class).hasMessageStartingWith("Expecting empty but was: [\"stage one\"]")
                .hasMessageContaining("\n  stages: one reached\n").hasMessageContaining("\n  console: all of it\n    | stage one\n");
    }

    @Test
    void theRecordingOfAFailureGoesWhenTheTestBeginsAnew() throws Exception {
        failure("hangs");
        Path recording = Path.of("target/trapframe/Failing.hangs.rec");
        assertThat(recording).exists();
        Files.write(recording, new byte[1]);
        failure("hangs");
        checkRecording(recording.toString());
    }
}
