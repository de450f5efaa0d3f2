package trapframe.benchmarks;

import java.util.HexFormat;
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
import trapframe.unicorn.HookFreeEngine;

/** Why: the clock runs at every block, and may cost at most 35 % of what the engine does without any hook. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ClockBenchmark {
    static final int ROUNDS = 1_000_000;
    /** add rax, rsi; xor rcx, rax; rol rdx, 1; sub rbx, rcx: several at once. */
    private static final String[] INDEPENDENT = {"4801f0", "4831c1", "48d1c2", "4829cb"};
    /** add rax, rsi; rol rax, 1; xor rax, rsi; sub rax, rdx: each waits for the one before, as in a hash. */
    private static final String[] DEPENDENT = {"4801f0", "48d1c0", "4831f0", "4829d0"};

    /** The engine calls the clock once a block, so that what it costs hangs on how long blocks are. */
    @Param({"3", "6", "12", "24"})
    public int instructionsInBlock;

    @Param({"independent", "dependent"})
    public String operations;

    private BareGuest guest;
    private HookFreeEngine engine;

    @Setup
    public void open() {
        String code = loop(instructionsInBlock, operations.equals("dependent") ? DEPENDENT : INDEPENDENT);
        guest = new BareGuest(code, ROUNDS);
        engine = new HookFreeEngine(BareGuest.assemble(code), BareGuest.CODE >> 1);
    }

    /**
     * Two blocks a round: the first ends in test sil, 1; jz, which is taken each second round, the second in dec rsi; jnz. A branch that
     * hangs on what the operations make of the data would measure whether the host's predictor learns that, which it does in some
     * processes and not in others.
     */
    private static String loop(int instructionsInBlock, String[] operations) {
        StringBuilder block = new StringBuilder();
        for (int i = 0; i < instructionsInBlock - 2; i++) {
            block.append(operations[i % operations.length]);
        }
        String round = block + "40f6c6017400" + block + "48ffce";
        // jnz near, since long rounds are out of a short jump's reach
        int back = Integer.reverseBytes(-round.length() / 2 - 6);
        return round + "0f85" + HexFormat.of().toHexDigits(back) + "f4";
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
