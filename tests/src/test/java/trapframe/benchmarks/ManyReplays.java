package trapframe.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import trapframe.tests.timeline.RecordedSprout;
import trapframe.timeline.Replay;

/**
 * Boots Sprout a thousand times, or as often as an argument says, and replays and verifies each boot, all in one Java VM. Why: a
 * divergence that shows once in hundreds of runs is one.
 */
public final class ManyReplays {
    private static final int BOOTS = 1_000;
    /** Each boot meets its timer's ticks elsewhere. */
    private static final long PHASE = 9_973;
    private static final double NANOS = 1e9;

    private ManyReplays() { }

    public static void main(String[] arguments) throws IOException {
        int boots = arguments.length == 0 ? BOOTS : Integer.parseInt(arguments[0]);
        long bytes = 0;
        Path file = Files.createTempFile("boot", ".recording");
        long started = System.nanoTime();
        try {
            for (int i = 1; i <= boots; i++) {
                RecordedSprout.record(file, "test=kthread", i * PHASE);
                bytes = Math.max(bytes, Files.size(file));
                if (!(RecordedSprout.verify(file) instanceof Replay.AsRecorded)) {
                    throw new IllegalStateException("boot " + i + " of " + boots + ": the replay is another run");
                }
            }
        } finally {
            Files.delete(file);
        }
        System.out.printf("%d boots were recorded, replayed and verified in %.1f s: no divergence; the largest recording has %d bytes%n",
                boots, (System.nanoTime() - started) / NANOS, bytes);
    }
}
