package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Tasks of Sprout that spin for ever and take turns are a hang. */
class SproutHangTest {
    private static final RunLimits LIMIT = new RunLimits(6_000_000_000L);

    @Test
    void threeTasksThatTakeTurnsAndWaitForADeadOne() {
        SproutBoot.of("crash=hang").run((machine, keyboard, console) -> {
            Ending ending = new HangWatch(machine).run(LIMIT);

            assertThat(ending).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict()).isInstanceOfSatisfying(Verdict.DeadSpin.class,
                    spin -> {
                        assertThat(spin.loops()).hasSize(3).allSatisfy(loop -> assertThat(loop.reads()).hasSize(1));
                        assertThat(spin.loops()).extracting(loop -> loop.reads().getFirst().linear()).as("each its own flag").doesNotHaveDuplicates();
                    }));
            return new StopReason.Interrupted();
        });
    }
}
