package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import trapframe.machine.StopReason;

/** Which positions of a window of the run without interrupts are of code that is executed; the others pass while all CPUs wait. */
final class Executed {
    /**
     * Executed without a wait in between.
     *
     * @param from   its first position
     * @param before code bytes that were executed in the window before it
     */
    private record Stretch(long from, long before) { }

    private final List<Stretch> stretches;
    private final long codeBytes;

    private Executed(List<Stretch> stretches, long codeBytes) {
        this.stretches = stretches;
        this.codeBytes = codeBytes;
    }

    /** Runs through a window: a wait ends where an interrupt is delivered. */
    static Executed of(Bench bench, BaseRun base, Window window) {
        bench.begin(base, window);
        bench.observe(true);
        List<Stretch> stretches = new ArrayList<>(List.of(new Stretch(bench.position(), 0)));
        long executed = 0;
        StopReason reason;
        do {
            long start = bench.position();
            long skipped = bench.machine().skippedPositions();
            reason = bench.run(window.to());
            long waited = bench.machine().skippedPositions() - skipped;
            executed += bench.position() - start - waited;
            if (waited > 0) {
                stretches.add(new Stretch(bench.position(), executed));
            }
        } while (reason instanceof StopReason.Delivered && bench.position() < window.to());
        bench.observe(false);
        return new Executed(stretches, Math.max(1, executed));
    }

    /** How many code bytes the window executes; at least 1. */
    long codeBytes() {
        return codeBytes;
    }

    /**
     * The position at which so many code bytes of the window have been executed.
     *
     * @param bytes less than {@link #codeBytes}
     */
    long positionAt(long bytes) {
        int low = 0;
        int high = stretches.size();
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (stretches.get(middle).before() <= bytes) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return stretches.get(low).from() + bytes - stretches.get(low).before();
    }
}
