package trapframe.explore;

import java.util.stream.LongStream;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/**
 * The positions of a window at which an interrupt would be taken at once. One that comes elsewhere is taken at the next of them. While all CPUs wait
 * the run is the same whether time passes because nobody executes anything or because nobody may: those positions are none.
 */
final class Boundaries {
    private Boundaries() { }

    static long[] of(Bench bench, BaseRun base, Window window) {
        Machine machine = bench.machine();
        bench.restore(base.before(window.from()));
        bench.run(window.from());
        LongStream.Builder positions = LongStream.builder();
        StopReason reason = new StopReason.PositionLimit();
        while (reason instanceof StopReason.PositionLimit && bench.position() < window.to()) {
            boolean waits = machine.cpuNext().isEmpty();
            if (!waits && machine.cpus().stream().anyMatch(cpu -> cpu.acceptsInterrupts() && !cpu.isInterruptRequested())) {
                positions.add(bench.position());
            }
            reason = bench.run(waits ? Math.min(window.to(), nextEvent(machine)) : bench.position() + 1);
        }
        return positions.build().distinct().toArray();
    }

    private static long nextEvent(Machine machine) {
        return Math.max(machine.clock().position() + 1, machine.deadlines().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE));
    }
}
