package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * The run to which nothing comes: how it ends, where its window is, and checkpoints on its way, at marks ({@link Machine#MARK}), from which
 * benches go on exactly as it did.
 *
 * @param outcome        how it ends
 * @param end            where
 * @param firstInterrupt the position at which the first interrupt was taken, or at which it begins if that was before; empty if none was
 * @param checkpoints    the first one is where the run begins
 */
record BaseRun(Outcome outcome, long end, OptionalLong firstInterrupt, List<Checkpoint> checkpoints) {
    /** A run that nobody limits is given up here: a hundred seconds. */
    static final long FURTHEST = 100_000_000_000L;
    /** Behind the end of the run without interrupts, how long others may take: half as long again, and this, 100 ms. */
    private static final long PATIENCE = 100_000_000;
    /** More checkpoints than this are thinned out. */
    private static final int MOST_CHECKPOINTS = 512;

    /** Runs a subject with nothing coming to it. */
    static BaseRun of(Subject subject) {
        try (Bench bench = new Bench(subject)) {
            List<Checkpoint> checkpoints = new ArrayList<>();
            checkpoints.add(bench.checkpoint());
            long limit = subject.limit().orElse(FURTHEST);
            Machine machine = bench.machine();
            OptionalLong first = isInterrupted(machine) ? OptionalLong.of(bench.position()) : OptionalLong.empty();
            long step = Machine.MARK;
            StopReason reason = new StopReason.PositionLimit();
            while (reason instanceof StopReason.PositionLimit && bench.position() < limit) {
                boolean seeking = first.isEmpty();
                bench.observe(seeking);
                reason = bench.run(Math.min(limit, bench.position() / step * step + step));
                if (reason instanceof StopReason.Delivered) {
                    if (isInterrupted(machine)) {
                        first = OptionalLong.of(bench.position());
                    }
                    reason = new StopReason.PositionLimit();
                } else if (reason instanceof StopReason.PositionLimit && bench.position() >= checkpoints.getLast().position() + step) {
                    checkpoints.add(bench.checkpoint());
                    if (checkpoints.size() > MOST_CHECKPOINTS) {
                        thinOut(checkpoints);
                        step *= 2;
                    }
                }
            }
            bench.observe(false);
            Outcome outcome = reason instanceof StopReason.PositionLimit ? bench.runToEnd(0, limit) : bench.judge(reason);
            return new BaseRun(outcome, bench.position(), first, List.copyOf(checkpoints));
        }
    }

    private static boolean isInterrupted(Machine machine) {
        return machine.cpus().stream().anyMatch(cpu -> cpu.counts().interrupts() > 0);
    }

    private static void thinOut(List<Checkpoint> checkpoints) {
        for (int i = checkpoints.size() - 2; i > 0; i -= 2) {
            checkpoints.remove(i);
        }
    }

    /** The last checkpoint that is not behind a position. */
    Checkpoint before(long position) {
        int low = 0;
        int high = checkpoints.size();
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (checkpoints.get(middle).position() <= position) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return checkpoints.get(low);
    }

    /** The position by which every run should have ended that does as this one. */
    long usual() {
        return end + PATIENCE / 10;
    }

    /** The position at which a run is given up. */
    long limit(Subject subject) {
        return subject.limit().orElse(end + end / 2 + PATIENCE);
    }
}
