package trapframe.tests.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.exact.GuestProgram.wake;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.machine.RoundRobin;

/** Code that one CPU, or the host, writes and another one runs (SDM vol. 3A, section 9.1.3), and memory that all share. */
class CodeOnSeveralCpusTest {
    private static final int ROUNDS = 12;
    /** The function {@code mov eax, n; ret}, in a page of its own. */
    private static final int FUNCTION = 0x1c000;
    private static final int SUM = ROUNDS * (ROUNDS + 1) / 2;

    /** Through which mapping the function is written and called, and how long a turn is. */
    static Stream<Arguments> mappings() {
        return Stream.of(1L, 13L, 300L).flatMap(quantum -> Stream.of(0, BareMachine.ALIAS)
                .map(written -> Arguments.of(FUNCTION + written, quantum)));
    }

    /** The first CPU writes the function anew in each round; both others call it, and the first one too. */
    @ParameterizedTest(name = "written at {0}, turns of {1}")
    @MethodSource("mappings")
    void codeWrittenByOneCpuRunsOnAll(int written, long quantum) {
        String first = wake(3) + """
                mov byte ptr [FUNCTION], 0xb8
                mov byte ptr [FUNCTION + 5], 0xc3
                mov ecx, 1
            1:  mov [WRITTEN + 1], ecx
                mov dword ptr [rbx + 0x80], 0
                mov [rbx], ecx
                mov eax, FUNCTION
                call rax
                add [rbx + 8], eax
            2:  pause
                cmp dword ptr [rbx + 0x80], 2
                jne 2b
                inc ecx
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        String others = """
                mov ecx, 1
            1:  pause
                cmp [rbx], ecx
                jne 1b
                mov eax, FUNCTION
                call rax
                add [rbx + 8 + 8 * r13], eax
                lock inc dword ptr [rbx + 0x80]
                inc ecx
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        byte[] program = program(written, first, others);

        Exactness.of(program, 3, quantum).checkTurns();

        assertSums(program, 3, quantum, 3);
    }

    /** Each CPU changes an instruction in front of itself while the other one runs the same code. */
    @ParameterizedTest(name = "written at {0}, turns of {1}")
    @MethodSource("mappings")
    void codeThatModifiesItselfOnTwoCpusAtOnce(int written, long quantum) {
        // Under a lock: mov byte [function's immediate], n; call it. The lock, the function and the sum share a page.
        String both = """
                mov ecx, ROUNDS
            1:  pause
                lock bts dword ptr [FUNCTION + 0x100], 0
                jc 1b
                mov [WRITTEN + 1], cl
                mov eax, FUNCTION
                call rax
                add [rbx + 8 + 8 * r13], eax
                btr dword ptr [FUNCTION + 0x100], 0
                loop 1b
            """;
        String function = "mov dword ptr [FUNCTION], 0x000000b8\nmov word ptr [FUNCTION + 4], 0xc300\nxor r13d, r13d\n";
        byte[] program = program(written, function + wake(2) + both + "2: pause\ncmp dword ptr [rbx + 0x80], 1\njne 2b\n",
                both + "lock inc dword ptr [rbx + 0x80]\n");

        Exactness.of(program, 2, quantum).checkTurns();

        assertSums(program, 2, quantum, 2);
    }

    /** As a device's DMA: the first CPU tells the device to write, into a page whose code the second has run. */
    @ParameterizedTest
    @ValueSource(longs = {1, 13, 300})
    void codeWrittenByADeviceRunsOnAllCpus(long quantum) {
        String first = wake(2) + """
                mov byte ptr [FUNCTION], 0xb8
                mov byte ptr [FUNCTION + 5], 0xc3
                mov eax, FUNCTION + 1
                out 0x74, eax
                mov ecx, 1
            1:  mov eax, ecx
                out 0x70, al
                mov eax, FUNCTION
                call rax
                add [rbx + 8], eax
                mov dword ptr [rbx + 0x80], 0
                mov [rbx], ecx
            2:  pause
                cmp dword ptr [rbx + 0x80], 1
                jne 2b
                inc ecx
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        String second = """
                mov ecx, 1
            1:  pause
                cmp [rbx], ecx
                jne 1b
                mov eax, FUNCTION
                call rax
                add [rbx + 16], eax
                inc ecx
                lock inc dword ptr [rbx + 0x80]
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        byte[] program = program(FUNCTION, first, second);

        Exactness.of(program, 2, quantum).checkTurns();

        assertSums(program, 2, quantum, 2);
    }

    /** Two CPUs clear and set the flags of one page-table entry, with an INVLPG on each before its next access. */
    @ParameterizedTest
    @ValueSource(longs = {1, 13, 300})
    void accessedAndDirtyFlagsAreThoseOfAllCpus(long quantum) {
        // The entry of the page at 0x80000. The second CPU reads in odd rounds and writes in even ones.
        String first = wake(2) + """
                mov ecx, 1
            1:  lock and dword ptr [ENTRY], 0xffffff9f
                mov dword ptr [rbx + 0x80], 0
                mov [rbx], ecx
            2:  pause
                cmp dword ptr [rbx + 0x80], 1
                jne 2b
                mov eax, [ENTRY]
                and eax, 0x60
                mov [rbx + rcx * 4 + 0x100], eax
                inc ecx
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        String second = """
                mov ecx, 1
            1:  pause
                cmp [rbx], ecx
                jne 1b
                invlpg [0x80000]
                mov eax, [0x80000]
                test ecx, 1
                jnz 2f
                mov [0x80000], ecx
            2:  inc ecx
                lock inc dword ptr [rbx + 0x80]
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        byte[] program = program(FUNCTION, first, second);

        Exactness.of(program, 2, quantum).checkTurns();

        try (BareMachine machine = run(program, 2, quantum)) {
            for (int round = 1; round <= ROUNDS; round++) {
                assertThat(machine.ram().getInt(GuestProgram.DATA + 0x100 + 4 * round)).as("round %d", round)
                        .isEqualTo(round % 2 == 1 ? 0x20 : 0x60);
            }
        }
    }

    /** Each CPU has a TLB of its own: a change of the tables reaches the other one by a message, as kernels do it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 13, 300})
    void aMessageShootsDownTheOtherCpusTlb(long quantum) {
        // The page at 0x80000 is moved between the frames at 0x80000 and 0x81000, which hold 1 and 2.
        String first = """
                mov dword ptr [0x80000], 1
                mov dword ptr [0x81000], 2
            """ + wake(2) + """
                mov ecx, 1
            1:  mov eax, [0x80000]
                add [rbx + 8], eax
                lock xor dword ptr [ENTRY], 0x1000
                invlpg [0x80000]
                mov dword ptr [rbx + 0x80], 0
                mov eax, 0x141
                out 0x78, eax
            2:  pause
                cmp dword ptr [rbx + 0x80], 1
                jne 2b
                inc ecx
                cmp ecx, ROUNDS + 1
                jne 1b
            """;
        String second = """
            1:  mov eax, [0x80000]
                sti
                hlt
                cli
                invlpg [0x80000]
                mov eax, [0x80000]
                add [rbx + 16], eax
                lock inc dword ptr [rbx + 0x80]
                jmp 1b
            """;
        byte[] program = program(FUNCTION, first, second);

        Exactness.of(program, 2, quantum).checkTurns();

        try (BareMachine machine = run(program, 2, quantum)) {
            assertThat(machine.ram().getInt(GuestProgram.DATA + 8)).isEqualTo(ROUNDS / 2 * 3);
            assertThat(machine.ram().getInt(GuestProgram.DATA + 16)).isEqualTo(ROUNDS / 2 * 3);
        }
    }

    /** What the others ran is dropped once, and then the stores run at full speed, until somebody fetches there again. */
    @Test
    void storesToAPageThatAnotherCpuHasRunCostOnce() {
        String first = wake(2) + """
            1:  pause
                cmp dword ptr [rbx + 0x80], 1
                jne 1b
                mov ecx, 2000
            2:  inc dword ptr [FUNCTION + 0x200]
                loop 2b
            """;
        String second = """
                mov word ptr [FUNCTION], 0xc390
                mov eax, FUNCTION
                call rax
                mov dword ptr [rbx + 0x80], 1
            """;
        try (BareMachine machine = run(program(FUNCTION, first, second), 2, 100)) {
            assertThat(machine.ram().getInt(FUNCTION + 0x200)).isEqualTo(2000);
            assertThat(machine.cpu(0).tlbFills()).isLessThan(200);
        }
    }

    private static byte[] program(int written, String first, String others) {
        String names = ".set FUNCTION, " + FUNCTION + "\n.set WRITTEN, " + written + "\n.set ROUNDS, " + ROUNDS
                + "\n.set ENTRY, 0x4000 + 8 * 0x80\n";
        return GuestProgram.of(names + first, others);
    }

    private static BareMachine run(byte[] program, int cpus, long quantum) {
        BareMachine machine = new BareMachine(program, cpus, new RoundRobin(quantum));
        machine.run(Long.MAX_VALUE);
        return machine;
    }

    private static void assertSums(byte[] program, int cpus, long quantum, int sums) {
        try (BareMachine machine = run(program, cpus, quantum)) {
            for (int i = 0; i < sums; i++) {
                assertThat(machine.ram().getInt(GuestProgram.DATA + 8 + 8 * i)).as("sum of CPU %d", i).isEqualTo(SUM);
            }
        }
    }
}
