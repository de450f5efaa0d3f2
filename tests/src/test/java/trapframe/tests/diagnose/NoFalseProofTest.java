package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.tests.timeline.GuestCode;

/** Random loops: one that ends by itself, however late, is never said to hang. */
class NoFalseProofTest {
    private static final int LOOPS = Integer.getInteger("trapframe.loops", 15);
    private static final int FIRST = Integer.getInteger("trapframe.firstLoop", 0);
    private static final int TURNS = Integer.getInteger("trapframe.turns", 15);
    private static final int TIMERS = Integer.getInteger("trapframe.timers", 20);
    /** Some hundred ticks. */
    private static final long LIMIT_OF_TURNS = 250_000_000;
    /** Some thousand ticks; proofs come at half of it. */
    private static final long LIMIT_OF_TIMERS = 20_000_000;
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    /** So far a loop is followed that was said to hang. */
    private static final long LIMIT = 60_000_000;

    /** @param limit so far a guest is followed, also one that was said to hang */
    private static void assertNoFalseProof(LongFunction<String> guest, int guests, MachineSpec spec, long limit) {
        int proved = 0;
        for (int seed = FIRST; seed < FIRST + guests; seed++) {
            try (Machine machine = GuestCode.open(guest.apply(seed), spec)) {
                HangWatch watch = new HangWatch(machine);
                Ending ending = watch.run(new RunLimits(limit));
                if (ending instanceof Ending.Hung(var verdict)) {
                    proved++;
                    assertThat(machine.run(new RunLimits(limit))).as("seed %d: %s", seed, verdict).isEqualTo(watch.reason());
                }
            }
        }
        assertThat(proved).as("guests that hang").isPositive();
    }

    @Test
    void aLoopThatEndsIsNoHang() {
        assertNoFalseProof(RandomLoop::of, LOOPS, MachineSpec.standard(), LIMIT);
    }

    @Test
    void tasksThatTakeTurnsAndEndAreNoHang() {
        assertNoFalseProof(RandomTurns::of, TURNS, SLOW, LIMIT_OF_TURNS);
    }

    @Test
    void loopsThatTwoTimersInterruptAndThatEndAreNoHang() {
        assertNoFalseProof(RandomTurns::withTimers, TIMERS, SLOW, LIMIT_OF_TIMERS);
    }
}
