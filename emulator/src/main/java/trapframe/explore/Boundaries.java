package trapframe.explore;

import java.util.stream.LongStream;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/** The positions of a window at which an interrupt would be taken at once. One that comes elsewhere is taken at the next of them. */
final class Boundaries {
    private Boundaries() { }

    static long[] of(Bench bench, BaseRun base, Window window) {
        Machine machine = bench.machine();
        bench.restore(base.before(window.from()));
        bench.run(window.from());
        LongStream.Builder positions = LongStream.builder();
        StopReason reason = new StopReason.PositionLimit();
        while (reason instanceof StopReason.PositionLimit && bench.position() < window.to()) {
            if (machine.cpus().stream().anyMatch(cpu -> cpu.acceptsInterrupts() && !cpu.isInterruptRequested())) {
                positions.add(bench.position());
            }
            reason = bench.run(bench.position() + 1);
        }
        return positions.build().distinct().toArray();
    }
}
