package trapframe.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.tests.timeline.SproutMachine;

/** Going back to a snapshot of Sprout's test of kernel threads, and on from there, as a search does thousands of times a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ForkBenchmark {
    private static final long POSITION = 6_000_000;

    /** Code bytes; an instruction has 3.5 of them. */
    @Param({"0", "7000"})
    private long length;

    private Machine machine;
    private Snapshot snapshot;

    @Setup
    public void open() {
        machine = SproutMachine.open(MachineSpec.standard(), "test=kthread");
        machine.run(new RunLimits(POSITION));
        snapshot = machine.snapshot();
    }

    @TearDown
    public void close() {
        machine.close();
    }

    /** Why: it bounds the rate of a search. */
    @Benchmark
    public void restoreAndRun() {
        machine.restore(snapshot);
        machine.run(new RunLimits(POSITION + length));
    }
}
