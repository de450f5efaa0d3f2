package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Random loops: one that ends by itself, however late, is never said to hang. */
class NoFalseProofTest {
    private static final int LOOPS = Integer.getInteger("trapframe.loops", 15);
    private static final int FIRST = Integer.getInteger("trapframe.firstLoop", 0);
    private static final int TURNS = Integer.getInteger("trapframe.turns", 15);
    /** Some hundred ticks. */
    private static final long LIMIT_OF_TURNS = 250_000_000;
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    /** So far a loop is followed that was said to hang. */
    private static final long LIMIT = 60_000_000;

    @Test
    void aLoopThatEndsIsNoHang() {
        int proved = 0;
        for (int seed = FIRST; seed < FIRST + LOOPS; seed++) {
            try (Machine machine = GuestCode.open(RandomLoop.of(seed))) {
                Ending ending = new HangWatch(machine).run(new RunLimits(LIMIT));
                if (ending instanceof Ending.Hung(var verdict)) {
                    proved++;
                    assertThat(machine.run(new RunLimits(LIMIT))).as("seed %d: %s", seed, verdict).isEqualTo(new StopReason.PositionLimit());
                }
            }
        }
        assertThat(proved).as("loops that hang").isPositive();
    }

    @Test
    void tasksThatTakeTurnsAndEndAreNoHang() {
        int proved = 0;
        for (int seed = FIRST; seed < FIRST + TURNS; seed++) {
            try (Machine machine = GuestCode.open(RandomTurns.of(seed), SLOW)) {
                Ending ending = new HangWatch(machine).run(new RunLimits(LIMIT_OF_TURNS));
                if (ending instanceof Ending.Hung(var verdict)) {
                    proved++;
                    assertThat(machine.run(new RunLimits(LIMIT_OF_TURNS))).as("seed %d: %s", seed, verdict).isEqualTo(new StopReason.PositionLimit());
                }
            }
        }
        assertThat(proved).as("guests that hang").isPositive();
    }
}
