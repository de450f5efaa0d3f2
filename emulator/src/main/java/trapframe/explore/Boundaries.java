package trapframe.explore;

import java.util.stream.LongStream;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * Goes through the positions of a run at which an interrupt would be taken at once. One that comes elsewhere is
 * taken at the next of them. While all CPUs wait the run is the same whether time passes because nobody executes anything or because nobody may:
 * those positions are none.
 */
final class Boundaries {
    private final Bench bench;
    private final long to;
    private final Runnable beforeStep;
    private boolean begun;

    /**
     * From where a bench is.
     *
     * @param to         the position behind the last one
     * @param beforeStep is done before each instruction, with which the bench steps
     */
    Boundaries(Bench bench, long to, Runnable beforeStep) {
        this.bench = bench;
        this.to = to;
        this.beforeStep = beforeStep;
    }

    /** At most so many of them, from the first one on. */
    static long[] first(Bench bench, BaseRun base, Window window, long most) {
        bench.begin(base, window);
        Boundaries boundaries = new Boundaries(bench, window.to(), () -> { });
        LongStream.Builder positions = LongStream.builder();
        for (long i = 0; i < most && boundaries.next(); i++) {
            positions.add(bench.position());
        }
        return positions.build().toArray();
    }

    /** Brings the bench to the next one. Returns false if there is none. */
    boolean next() {
        Machine machine = bench.machine();
        boolean goesOn = !begun || step(machine);
        begun = true;
        while (goesOn && bench.position() < to) {
            if (machine.cpuNext().isPresent() && machine.cpus().stream().anyMatch(cpu -> cpu.acceptsInterrupts() && !cpu.isInterruptRequested())) {
                return true;
            }
            goesOn = step(machine);
        }
        return false;
    }

    private boolean step(Machine machine) {
        beforeStep.run();
        long next = machine.cpuNext().isEmpty() ? afterWait(machine, to) : bench.position() + 1;
        return bench.run(next) instanceof StopReason.PositionLimit;
    }

    /** Where a machine that waits goes on, but not behind a position. */
    static long afterWait(Machine machine, long to) {
        long next = machine.deadlines().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
        return Math.min(to, Math.max(machine.clock().position() + 1, next));
    }
}
