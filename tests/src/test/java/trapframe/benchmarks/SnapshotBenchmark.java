package trapframe.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
import trapframe.memory.GuestMemory;
import trapframe.tests.timeline.SproutMachine;

/** Snapshots of a machine of 256 MiB, of which a number of pages was written since the last one. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class SnapshotBenchmark {
    /** In the middle of the test of kernel threads, which lasts from 3 to 13 million. */
    private static final long POSITION = 6_000_000;
    /** Pages that Sprout leaves alone. */
    private static final long FREE = 128L << 20;

    @Param({"4", "64", "1000"})
    private int pages;

    private Machine machine;
    private Snapshot snapshot;
    private long value;

    @Setup
    public void open() {
        machine = SproutMachine.open(MachineSpec.standard(), "test=kthread");
        machine.run(new RunLimits(POSITION));
        snapshot = machine.snapshot();
    }

    /** The pages are each written in a byte, as they are when a guest runs for a while. */
    @Setup(Level.Invocation)
    public void writePages() {
        value++;
        for (int i = 0; i < pages; i++) {
            machine.ram().putLong(FREE + (long) i * GuestMemory.PAGE_SIZE, value);
        }
    }

    @TearDown
    public void close() {
        machine.close();
    }

    /** Why: checkpoints are taken while the guest runs. */
    @Benchmark
    public Snapshot take() {
        return machine.snapshot();
    }

    /** Why: a search goes back for each run of it. */
    @Benchmark
    public void restore() {
        machine.restore(snapshot);
    }
}
