package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import trapframe.tests.StagesKernel;

/** Tests that begin where a recording ends. */
class ReplayedGuestTest {
    private static final String RECORDING = "target/trapframe/Recorded.failsAtItsPrompt.rec";

    /** Leaves a recording of a guest that was forked and typed at. */
    @BootImage(memory = "16M")
    @Stages(@Stage(name = "shell", shows = "/ # "))
    static class Recorded {
        @Test
        @FromStage("shell")
        void failsAtItsPrompt(Guest guest) {
            guest.type("echo one; hello-world\n").expect("one");
            guest.within("1ms").expect("never shown");
        }
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    static class Replayed {
        @Test
        @Replay(RECORDING)
        void standsWhereTheRecordingEnds(Guest guest) {
            assertThat(guest).hasShown("/ # echo one").hasTask("shell", "TASK_SLEEPING").hasTask("idle", "TASK_RUNNING");
        }

        @Test
        @Replay(RECORDING)
        void goesOnFromThere(Guest guest) {
            guest.type("echo two\n").expect("\ntwo");
        }

        @Test
        @Replay("target/trapframe/none.rec")
        void isNotThere(Guest guest) {
            guest.boot();
        }
    }

    @BeforeAll
    static void record() throws Exception {
        StagesKernel.build();
        Files.deleteIfExists(Path.of(RECORDING));
        EngineTestKit.engine("junit-jupiter").selectors(selectClass(Recorded.class)).execute().testEvents().assertStatistics(events -> events.failed(1));
        assertThat(Path.of(RECORDING)).exists();
    }

    private static EngineTestKit.Builder replayed(String test) {
        return EngineTestKit.engine("junit-jupiter").selectors(selectMethod(Replayed.class, test, "trapframe.junit.Guest"));
    }

    @Test
    void theGuestStandsWhereTheRecordingEndsAndCanGoOn() {
        replayed("goesOnFromThere").execute().testEvents().assertStatistics(events -> events.succeeded(1));
        replayed("standsWhereTheRecordingEnds").execute().testEvents().failed().stream().forEach(event -> {
            throw new AssertionError(event.getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow());
        });
    }

    @Test
    void aRecordingThatIsNotThereFailsTheTestInOneLine() {
        Throwable failure = replayed("isNotThere").execute().testEvents().failed().list().getFirst().getRequiredPayload(TestExecutionResult.class)
                .getThrowable().orElseThrow();
        assertThat(failure).isInstanceOf(AssertionError.class).hasMessage("target/trapframe/none.rec: no such file or folder");
    }
}
