package trapframe.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import trapframe.unicorn.HookFreeEngine;

/** Why: the clock runs at every block, and may cost at most 35 % of what the engine does without any hook. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ClockBenchmark {
    private static final int ROUNDS = 2_000_000;
    /** Two or three blocks a round: add, xor, test, jz over lea, rol, dec, jnz; 22 code bytes. */
    private static final String ALU_LOOP = "4801f0 4831c1 a801 7404 488d140a 48d1c3 48ffce 75ea f4";

    private BareGuest guest;
    private HookFreeEngine engine;

    @Setup
    public void open() {
        guest = new BareGuest(ALU_LOOP, ROUNDS);
        engine = new HookFreeEngine(BareGuest.assemble(ALU_LOOP), BareGuest.CODE >> 1);
    }

    @TearDown
    public void close() {
        guest.close();
        engine.close();
    }

    /** A round with the clock. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void aluLoop() {
        guest.runToHalt();
    }

    /** The same round without any hook: the bound. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void aluLoopWithoutHooks() {
        engine.run(ROUNDS);
    }
}
