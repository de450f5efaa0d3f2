package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.machine.RunLimits;

/** A boot of Sprout under a watch for hangs is the boot without one. */
class SproutWatchTest {
    private static final RunLimits LIMIT = new RunLimits(10_000_000_000L);

    @ParameterizedTest
    @CsvSource({"test=boot-stages, 1", "test=kthread, 1", "test=sleep, 2"})
    void endsInTheSameStateAtTheSamePosition(String commandLine, int cpus) {
        SproutBoot boot = SproutBoot.of(commandLine).withCpus(cpus);

        assertThat(boot.run((machine, keyboard, console) -> switch (new HangWatch(machine).run(LIMIT)) {
            case Ending.Ended(var reason) -> reason;
            case Ending.Hung(var verdict) -> throw new AssertionError(verdict.sentence());
        })).isEqualTo(boot.run());
    }
}
