package trapframe.tests.exact;

import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.assertj.core.api.Assertions;

/** {@link Exactness} of random programs on two to four CPUs, which share data and code, with turns of any length. */
class RandomProgramsOnSeveralCpusTest {
    private static final int MAX_PIECES = 30;
    private static final int STRIDE = 499;
    private static final long[] QUANTA = {1, 4, 20, 90, 400};

    @Property(tries = 25, shrinking = ShrinkingMode.OFF)
    void everyProgramIsTheSameRunHoweverItIsStopped(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int cpus = 2 + random.nextInt(3);
        long quantum = QUANTA[random.nextInt(QUANTA.length)];
        List<byte[]> bodies = IntStream.range(0, cpus)
                .mapToObj(cpu -> RandomProgram.body(random, 1 + random.nextInt(MAX_PIECES), GuestProgram.bodyOf(cpu))).toList();
        try {
            Exactness.of(GuestProgram.of(bodies), cpus, quantum).checkSome(STRIDE);
        } catch (AssertionError e) {
            Assertions.fail("seed " + seed + ", turns of " + quantum + ", code "
                    + bodies.stream().map(HexFormat.of()::formatHex).toList() + "\n" + e.getMessage(), e);
        }
    }
}
