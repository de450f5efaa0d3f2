package trapframe.tests.exact;

import java.util.HexFormat;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.Assertions;

/** {@link Exactness} of random programs: single-stepped, free, and stopped at some positions they are the same run. */
class RandomProgramsTest {
    private static final int MAX_PIECES = 30;
    private static final int STRIDE = 23;

    @Property(tries = 150)
    void everyProgramIsTheSameRunHoweverItIsStopped(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] body = RandomProgram.body(random, 1 + random.nextInt(MAX_PIECES));
        try {
            Exactness.of(GuestProgram.of(body)).checkSome(STRIDE);
        } catch (AssertionError e) {
            Assertions.fail("seed " + seed + ", code " + HexFormat.of().formatHex(body) + "\n" + e.getMessage(), e);
        }
    }
}
