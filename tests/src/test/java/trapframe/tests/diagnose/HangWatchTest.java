package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.cpu.Activity;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** What is proved of small guests, and what is not. */
class HangWatchTest {
    private static final long SECOND = 1_000_000_000;

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(program)) {
            return new HangWatch(machine).run(new RunLimits(20 * SECOND));
        }
    }

    private static Verdict verdict(String program) {
        assertThat(watch(program)).isInstanceOf(Ending.Hung.class);
        return ((Ending.Hung) watch(program)).verdict();
    }

    @Test
    void aHaltWithInterruptsOffIsDead() {
        Verdict verdict = verdict("cli\nhlt\n");

        assertThat(verdict).isInstanceOf(Verdict.DeadHalt.class);
        assertThat(verdict.cpus()).singleElement().satisfies(place -> {
            assertThat(place.interruptsOn()).isFalse();
            assertThat(place.activity()).isEqualTo(Activity.HLT);
        });
    }

    @Test
    void aHaltWithInterruptsOnThatNothingCanEndMakesNoProgress() {
        assertThat(verdict("""
                mov al, 0x38
                out 0x43, al
                sti
                hlt
                """)).isInstanceOf(Verdict.NoProgress.class);
    }

    @Test
    void aTripleFaultIsOne() {
        Verdict verdict = verdict("ud2\n");

        assertThat(verdict).isInstanceOf(Verdict.TripleFault.class);
        assertThat(verdict.sentence()).startsWith("failed: triple fault");
    }

    @Test
    void aRunThatEndsByItselfIsNoHang() {
        assertThat(watch("mov al, 0x10\nout 0xf4, al\n")).isEqualTo(new Ending.Ended(new StopReason.GuestExit(0x10, true)));
    }
}
