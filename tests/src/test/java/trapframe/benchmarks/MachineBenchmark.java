package trapframe.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.SproutMachine;

/** Whole machines of 256 MiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class MachineBenchmark {
    private Machine machine;

    @Setup
    public void open() {
        machine = boot();
    }

    @TearDown
    public void close() {
        machine.close();
    }

    /** Why: replays compare the state at many positions. */
    @Benchmark
    public String stateHash() {
        return machine.stateHash();
    }

    /** Why: boot-stage tests and searches do little else; with the machine's making, without the Java VM's start. */
    @Benchmark
    public void sproutBoot() {
        boot().close();
    }

    private static Machine boot() {
        Machine machine = SproutMachine.open(MachineSpec.standard(), "");
        StopReason reason = machine.run(RunLimits.none());
        if (!(reason instanceof StopReason.GuestExit exit && exit.success())) {
            throw new IllegalStateException("Sprout ended with " + reason);
        }
        return machine;
    }
}
