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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What guests pay for memory and for everything that leaves the engine. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class CpuBenchmark {
    private static final int ROUNDS = 1_000_000;
    private static final int FEW = 1000;
    private static final int PAGES = 64;
    private static final int VECTOR_PAGE_FAULT = 14;
    private static final String SET_ROUNDS = "b940420f00";
    private static final String SET_FEW = "b9e8030000";
    /** mov ecx, rounds; four of mov [rsi + n], rax; dec ecx; jnz; hlt. */
    private static final String STORES = SET_ROUNDS + "488906 48894608 48894610 48894618 ffc9 75ed f4";
    private static final String LOADS = SET_ROUNDS + "488b06 488b5e08 488b5610 488b7e18 ffc9 75ed f4";
    /** inc rax; add rbx, rax; xor rdx, rbx; jmp to the start. */
    private static final String ENDLESS = "48ffc0 4801c3 4831da ebf5";
    /** mov rax, cr3; mov cr3, rax; mov edi, 64; mov rbx, rsi; l: mov al, [rbx]; add rbx, 4096; dec edi; jnz l; ... */
    private static final String FILLS =
            SET_FEW + "0f20d8 0f22d8 bf40000000 4889f3 8a03 4881c300100000 ffcf 75f3 ffc9 75e1 f4";
    private static final String PORT_WRITES = SET_FEW + "e680 ffc9 75fa f4";
    private static final String FAULTS = SET_FEW + "8a06 ffc9 75fa f4";
    /** add rsp, 8; add qword [rsp], 2; iretq. */
    private static final String SKIP_INSTRUCTION = "4883c408 4883042402 48cf";

    private BareGuest guest;

    private void runToHalt(String code, long rsi) {
        if (guest == null) {
            guest = new BareGuest(code, rsi);
        }
        guest.runToHalt();
    }

    @TearDown
    public void close() {
        guest.close();
    }

    /** Why: what fetching data costs next to the engine's own work; a round has four loads. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void loads() {
        runToHalt(LOADS, BareGuest.DATA_PAGE);
    }

    /** Why: the measure for the next one; a round has four stores. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void storesToDataPage() {
        runToHalt(STORES, BareGuest.DATA_PAGE);
    }

    /** Why: kernels map data as executable until late in their boot, and must not pay for it. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void storesToWritableExecutablePage() {
        runToHalt(STORES, BareGuest.WRITABLE_EXECUTABLE_PAGE);
    }

    /** Why: every device event ends in some, and debuggers and the search for hangs live on them. */
    @Benchmark
    @OperationsPerInvocation(FEW)
    public void singleStep() {
        open(ENDLESS);
        for (int i = 0; i < FEW; i++) {
            guest.cpu().step();
        }
    }

    /** Why: an event costs this much besides what it does: a stop at an exact position and a start. */
    @Benchmark
    public void stopAndStart() {
        open(ENDLESS);
        guest.run(1100);
    }

    /** Why: a Linux boot has 700,000 of them. */
    @Benchmark
    @OperationsPerInvocation(FEW * PAGES)
    public void tlbFill() {
        runToHalt(FILLS, BareGuest.DATA_PAGE);
    }

    /** Why: drivers poll ports, and a console is written through one. */
    @Benchmark
    @OperationsPerInvocation(FEW)
    public void portAccess() {
        runToHalt(PORT_WRITES, 0);
    }

    /** Why: user space pages in by faults; raised, delivered to a handler and returned from. */
    @Benchmark
    @OperationsPerInvocation(FEW)
    public void pageFault() {
        if (guest == null) {
            guest = new BareGuest(FAULTS, BareGuest.ABSENT).withHandler(VECTOR_PAGE_FAULT, SKIP_INSTRUCTION);
        }
        guest.runToHalt();
    }

    private void open(String code) {
        if (guest == null) {
            guest = new BareGuest(code, 0);
        }
    }
}
