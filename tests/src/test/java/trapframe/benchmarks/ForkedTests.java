package trapframe.benchmarks;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import trapframe.junit.BootImage;
import trapframe.junit.FromStage;
import trapframe.junit.Guest;
import trapframe.junit.Stage;
import trapframe.junit.Stages;

/** How long tests take that begin at Sprout's prompt, once it is booted; docs/testing-your-kernel.md has the command. */
final class ForkedTests {
    private static final int TESTS = 50;

    private ForkedTests() { }

    @BootImage(memory = "16M")
    @Stages(@Stage(name = "shell", shows = "/ # "))
    static class Suite {
        /** One more than is measured: the first one boots. */
        @RepeatedTest(TESTS + 1)
        @FromStage("shell")
        void types(Guest guest) {
            guest.type("ls\n").expect("hello.txt", "/ # ");
        }
    }

    public static void main(String[] arguments) {
        int rounds = arguments.length == 0 ? 1 : Integer.parseInt(arguments[0]);
        for (int round = 0; round < rounds; round++) {
            Events tests = EngineTestKit.engine("junit-jupiter").selectors(selectClass(Suite.class))
                    .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                    .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                    .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                    .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2").execute().testEvents();
            Instant start = tests.started().list().getFirst().getTimestamp();
            List<Instant> ends = tests.finished().stream().map(event -> event.getTimestamp()).sorted().toList();
            System.out.printf(Locale.ROOT, "boot and the first test %d ms; %d more tests %d ms; %d succeeded%n", Duration.between(start, ends.getFirst()).toMillis(),
                    TESTS, Duration.between(ends.getFirst(), ends.getLast()).toMillis(), tests.succeeded().count());
        }
    }
}
