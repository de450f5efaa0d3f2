package trapframe.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What turns cost: all CPUs are busy, and a microsecond of virtual time is 1,000 code bytes of all of them together. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class TurnBenchmark {
    private static final int MICROSECONDS = 1_000;
    private static final int CODE_BYTES = 1_000;
    /** inc rax; add rbx, rax; xor rdx, rbx; jmp to the start. */
    private static final String ARITHMETIC = "48ffc0 4801c3 4831da ebf5";
    /** mov rax, [rsi]; mov rbx, [rsi + 8]; mov [rsi + 8], rdx; jmp to the start. */
    private static final String MEMORY = "488b06 488b5e08 48895608 ebf3";
    /** pause; jmp to the start. */
    private static final String SPINNING = "f390 ebfc";

    @Param({"1", "2", "4", "16"})
    private int cpus;

    /** Code bytes, which are nanoseconds. */
    @Param({"100", "1000", "10000"})
    private int turn;

    private BareGuest arithmetic;
    private BareGuest memory;
    private BareGuest spinning;

    @Setup
    public void open() {
        arithmetic = guest(ARITHMETIC);
        memory = guest(MEMORY);
        spinning = guest(SPINNING);
    }

    private BareGuest guest(String code) {
        BareGuest guest = new BareGuest(code, BareGuest.DATA_PAGE, cpus, turn);
        guest.reset();
        return guest;
    }

    @TearDown
    public void close() {
        arithmetic.close();
        memory.close();
        spinning.close();
    }

    /** Why: the bare cost of a turn, beside code that costs next to nothing; a round is a microsecond of virtual time. */
    @Benchmark
    @OperationsPerInvocation(MICROSECONDS)
    public void arithmetic() {
        arithmetic.run(MICROSECONDS * CODE_BYTES);
    }

    /** Why: each CPU has its own TLB in the host's caches. */
    @Benchmark
    @OperationsPerInvocation(MICROSECONDS)
    public void memory() {
        memory.run(MICROSECONDS * CODE_BYTES);
    }

    /** Why: kernels wait for each other this way, and the engine leaves its loop at each PAUSE. */
    @Benchmark
    @OperationsPerInvocation(MICROSECONDS)
    public void spinning() {
        spinning.run(MICROSECONDS * CODE_BYTES);
    }
}
