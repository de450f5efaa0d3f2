package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import trapframe.tests.StagesKernel;

/** Machines in one virtual machine of Java know nothing of each other. */
@Isolated
class IsolationTest {
    /** By the name of a test, what its guest was at the end. */
    private static final Map<String, String> HASHES = new ConcurrentSkipListMap<>();

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
    }

    /** Guests that behave, beside some that do not. */
    @BootImage(memory = "16M", budget = "1s")
    @Stages({@Stage(name = "memory", shows = "[stage 9] memory protection ... ok"), @Stage(name = "shell", shows = "/ # ")})
    static class Suite {
        private static void keep(Guest guest, TestInfo test) {
            HASHES.put(test.getTestMethod().orElseThrow().getName() + test.getDisplayName(), guest.stateHash());
        }

        @RepeatedTest(8)
        @FromStage("shell")
        void types(Guest guest, TestInfo test, RepetitionInfo repetition) {
            guest.type("echo " + repetition.getCurrentRepetition() + " > /f; cat < /f\n").expect("/f\r\n" + repetition.getCurrentRepetition());
            keep(guest, test);
        }

        @RepeatedTest(2)
        @FromStage("memory")
        void boots(Guest guest, TestInfo test) {
            keep(guest.boot(), test);
        }

        @Test
        void bootsByItself(Guest guest, TestInfo test) {
            keep(guest.boot(), test);
        }

        @Test
        @BootImage(memory = "2G", append = "test=boot-stages")
        void hasMuchMemory(Guest guest, TestInfo test) {
            keep(guest.expectSuccess(), test);
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "h", memory = "2M")
        void hangs(Guest guest, TestInfo test) {
            try {
                guest.expect("stage two");
            } finally {
                keep(guest, test);
            }
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "s", memory = "2M", budget = "50ms")
        void isBusyForEver(Guest guest, TestInfo test) {
            try {
                guest.expect("stage two");
            } finally {
                keep(guest, test);
            }
        }

        @Test
        @BootImage(value = StagesKernel.PATH, append = "t", memory = "2M")
        void faultsThreeTimes(Guest guest, TestInfo test) {
            try {
                guest.expect("stage two");
            } finally {
                keep(guest, test);
            }
        }
    }

    private static Map<String, String> hashes(int atATime) {
        HASHES.clear();
        Events tests = EngineTestKit.engine("junit-jupiter").selectors(selectClass(Suite.class))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", Integer.toString(atATime))
                .configurationParameter("junit.jupiter.testmethod.order.default", "org.junit.jupiter.api.MethodOrderer$Random")
                .execute().testEvents();
        tests.assertStatistics(events -> events.started(15).succeeded(12).failed(3));
        return new TreeMap<>(HASHES);
    }

    @Test
    void theSameSuiteEndsInTheSameStatesHoweverManyTestsRunAtATimeAndInAnyOrder() {
        Map<String, String> alone = hashes(1);
        assertThat(alone).hasSize(15);
        for (int atATime : new int[] {2, 4, 8}) {
            assertThat(hashes(atATime)).isEqualTo(alone);
        }
    }
}
