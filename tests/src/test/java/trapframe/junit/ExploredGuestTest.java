package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import trapframe.tests.StagesKernel;

/** Tests whose bodies are run with one schedule after the other. */
class ExploredGuestTest {
    /** What the guests of {@link Explored} were when a body began, and when one looked at the console. */
    private static final List<String> BEGINS = new ArrayList<>();
    private static final List<String> CONSOLES = new ArrayList<>();

    /** A kernel that fails if its clock ticks in one of fifty short stretches; it comes to them when something is typed. */
    @BootImage(value = StagesKernel.CLOCK, append = "s", memory = "2M", fail = "panic:", budget = "1ms")
    @Stages(@Stage(name = "ready", shows = "ready\n"))
    @FromStage("ready")
    static class Explored {
        @Test
        @Explore(from = "symbol:look", to = "symbol:done", budget = 40)
        void isTyped(Guest guest) {
            guest.type("x").expect("done").expectSuccess();
        }

        @Test
        @Explore(schedule = "@851 stall 999835")
        void isPinned(Guest guest) {
            guest.type("x").expect("done").expectSuccess();
        }

        @Test
        @Explore(from = "symbol:done", budget = 4)
        void passesWhereverInterruptsCome(Guest guest) {
            BEGINS.add(guest.stateHash());
            guest.type("x").runTo("look");
            CONSOLES.add(guest.console());
            guest.expect("done").expectSuccess();
        }

        @Test
        @Explore(from = "symbol:look", to = "symbol:done", budget = 40)
        void fails(Guest guest) {
            guest.type("x").runTo("look").runFor("500ns");
            assertThat(guest.machine().ram().getInt(guest.address("count"))).isZero();
            guest.expect("done");
        }

        @Test
        @Explore(from = "symbol:done", budget = 4)
        void doesSomethingElseEachTime(Guest guest) {
            BEGINS.add("again");
            guest.type("x").runTo(BEGINS.size() == 1 ? "look" : "done").expect("done");
        }

        @Test
        @Explore(schedule = "@2000000 stall 5")
        void isOverBeforeItsSchedule(Guest guest) {
            guest.type("x").expect("done");
        }

        @Test
        @Explore(schedule = "@5 stall 5")
        void beginsBehindItsSchedule(Guest guest) {
            guest.type("x").expect("done");
        }

        @Test
        @Explore(schedule = "soon")
        void hasNoSchedule(Guest guest) { }

        @Test
        @Explore(strategy = "hope")
        void hasNoStrategy(Guest guest) {
            guest.type("x").expect("done");
        }

        @Test
        @Explore(to = "never shown")
        void hasNoWindow(Guest guest) {
            guest.type("x").expect("done");
        }

        @Test
        @Explore
        void hasTwoGuests(Guest one, Guest other) { }
    }

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
    }

    private static List<Event> failures(String test) {
        BEGINS.clear();
        CONSOLES.clear();
        String guests = test.contains("Two") ? "trapframe.junit.Guest, trapframe.junit.Guest" : "trapframe.junit.Guest";
        return EngineTestKit.engine("junit-jupiter").selectors(selectMethod(Explored.class, test, guests)).execute().testEvents().failed().list();
    }

    private static String failure(String test) {
        return failures(test).getFirst().getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow().getMessage();
    }

    /** The recordings are the same to the byte: what is taken from place to place is the run that is run as a whole. */
    @Test
    void theScheduleThatIsFoundMakesTheSameRunAgain() throws Exception {
        String found = failure("isTyped");
        assertThat(found).contains("\n  again: @Explore(schedule = \"@851 stall 999835\")");

        String again = failure("isPinned");

        assertThat(again).isEqualTo(found.substring(0, found.indexOf("\n  found:")).replace("isTyped", "isPinned"));
        assertThat(Files.readAllBytes(Path.of("target/trapframe/Explored.isPinned.rec"))).isEqualTo(Files.readAllBytes(Path.of("target/trapframe/Explored.isTyped.rec")));
    }

    @Test
    void eachRunBeginsAsTheGuestWasAndIsTakenToWhereSomethingComes() {
        assertThat(failures("passesWhereverInterruptsCome")).isEmpty();
        assertThat(BEGINS).hasSizeBetween(2, 5).containsOnly(BEGINS.getFirst());
        assertThat(CONSOLES).hasSameSizeAs(BEGINS).containsOnly("ready\n");
    }

    @Test
    void anAssertionOfTheBodyThatFailsIsToldWithItsSchedule() {
        assertThat(failure("fails")).startsWith("expected: 0\n but was: 1\n  at: position").contains("\n  schedule: @").contains("\n  found: by run ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            doesSomethingElseEachTime | what is done again must be the same each time: the guest is to execute done, and was to execute look before
            isOverBeforeItsSchedule   | the test was over before the schedule's step @2000000 stall 5
            beginsBehindItsSchedule   | @Explore: the test begins at position 273, behind a step of the schedule
            hasNoSchedule             | @Explore: 'soon' is no step like
            hasNoStrategy             | @Explore: there is no strategy hope
            hasNoWindow               | @Explore: the run without interrupts does not come to never shown
            hasTwoGuests              | @Explore needs a test of one guest, not 2
            """)
    void saysInALineWhatIsWrong(String test, String message) {
        assertThat(failure(test)).startsWith(message);
    }
}
