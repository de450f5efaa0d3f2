package trapframe.tests.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.exact.GuestProgram.DATA;
import static trapframe.tests.exact.GuestProgram.send;
import static trapframe.tests.exact.GuestProgram.wake;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trapframe.cpu.Activity;
import trapframe.machine.RoundRobin;
import trapframe.tests.exact.BareMachine.Message;

/** Programs on several CPUs with turns of any length: each is one run, whoever looks, and does what the manual says. */
class SeveralCpusTest {
    private static final int CPUS = 4;
    /** Waits until all other CPUs have counted themselves at DATA + 0x80. */
    private static final String WAIT_FOR_OTHERS = """
            9:  pause
                cmp dword ptr [rbx + 0x80], 3
                jne 9b
            """;
    private static final String DONE = "lock inc dword ptr [rbx + 0x80]\n";

    /** In positions: from one instruction to longer than what a CPU here does at once. */
    static LongStream quanta() {
        return LongStream.of(1, 3, 19, 200, 1200);
    }

    @ParameterizedTest
    @MethodSource("quanta")
    void lockedCountersLoseNothing(long quantum) {
        String count = """
                mov ecx, 5
            1:  lock inc dword ptr [rbx]
                mov eax, 1
                lock xadd [rbx + 8], eax
            2:  mov eax, [rbx + 16]
                lea edx, [rax + 1]
                lock cmpxchg [rbx + 16], edx
                jne 2b
                loop 1b
            """;
        byte[] program = GuestProgram.of(wake(CPUS) + count + WAIT_FOR_OTHERS, count + DONE);

        Exactness.of(program, CPUS, quantum).checkTurns();

        try (BareMachine machine = run(program, quantum)) {
            assertThat(List.of(data(machine, 0), data(machine, 8), data(machine, 16))).containsOnly(20);
        }
    }

    @ParameterizedTest
    @MethodSource("quanta")
    void aFlagHandsWorkFromCpuToCpuAndBack(long quantum) {
        // [rbx] says whose turn it is; who has it adds its number to a sum without a lock, and passes it on.
        String play = """
                mov ecx, 4
            1:  pause
                cmp [rbx], r13d
                jne 1b
                lea edx, [r13d + 1]
                imul eax, [rbx + 8], 3
                add eax, edx
                mov [rbx + 8], eax
                and edx, 3
                mov [rbx], edx
                loop 1b
            """;
        byte[] program = GuestProgram.of(wake(CPUS) + "xor r13d, r13d\n" + play + WAIT_FOR_OTHERS, play + DONE);

        Exactness.of(program, CPUS, quantum).checkTurns();

        try (BareMachine machine = run(program, quantum)) {
            int sum = 0;
            for (int round = 0; round < 4; round++) {
                for (int cpu = 1; cpu <= CPUS; cpu++) {
                    sum = 3 * sum + cpu;
                }
            }
            assertThat(data(machine, 8)).isEqualTo(sum);
        }
    }

    @ParameterizedTest
    @MethodSource("quanta")
    void timeIsOneForAllAndNeverGoesBack(long quantum) {
        // Under a lock: read the counter, compare with what the last one read, keep it.
        String clock = """
                mov ecx, 4
            1:  pause
                lock bts dword ptr [rbx], 0
                jc 1b
                rdtsc
                shl rdx, 32
                or rax, rdx
                cmp rax, [rbx + 8]
                ja 2f
                inc dword ptr [rbx + 16]
            2:  mov [rbx + 8], rax
                mov dword ptr [rbx], 0
                loop 1b
            """;
        byte[] program = GuestProgram.of(wake(CPUS) + clock + WAIT_FOR_OTHERS, clock + DONE);

        Exactness.of(program, CPUS, quantum).checkTurns();

        try (BareMachine machine = run(program, quantum)) {
            assertThat(data(machine, 16)).as("readings that were not later than the last").isZero();
        }
    }

    /** A fault's frame has RF; the first instruction after the return ends it, also in a block that a turn ends behind. */
    @ParameterizedTest
    @MethodSource("quanta")
    void theResumeFlagEndsWithItsInstructionWhereverTurnsEnd(long quantum) {
        String fault = """
                mov ecx, 20
            1:  lea r15, [rip + 2f]
                ud2
            2:  nop
                pushfq
                pop rax
                and eax, 0x10000
                lock or [rbx], eax
                loop 1b
            """;
        byte[] program = GuestProgram.of(wake(CPUS) + fault + WAIT_FOR_OTHERS, fault + DONE);

        Exactness.of(program, CPUS, quantum).checkTurns();

        try (BareMachine machine = run(program, quantum)) {
            assertThat(data(machine, 0)).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("quanta")
    void interruptsBetweenCpusAreTakenAtTheNextTurn(long quantum) {
        // The others wait in HLT; each interrupt makes them count, and answer with an interrupt.
        String first = wake(CPUS) + "sti\nmov ecx, 3\n" + """
            1:  pause
                cmp dword ptr [rbx + 0x80], 3
                jne 1b
            """ + "2: mov dword ptr [rbx + 0x80], 0\n" + send(Message.INTERRUPT, 1, 0x41) + send(Message.INTERRUPT, 2, 0x42)
                + send(Message.INTERRUPT, 3, 0x43) + """
            3:  pause
                cmp dword ptr [rbx + 0x80], 3
                jne 3b
                loop 2b
            """;
        String others = "lock inc dword ptr [rbx + 0x80]\n1: sti\nhlt\ncli\nlock inc dword ptr [rbx + 8]\n"
                + send(Message.INTERRUPT, 0, 0x44) + DONE + "jmp 1b\n";
        byte[] program = GuestProgram.of(first, others);

        String notes = Exactness.of(program, CPUS, quantum).checkTurns().notes();

        assertThat(notes.lines().map(line -> line.substring(0, 9))).as(notes).hasSize(18)
                .filteredOn("vector 44"::equals).hasSize(9);
        try (BareMachine machine = run(program, quantum)) {
            assertThat(data(machine, 8)).isEqualTo(9);
        }
    }

    @Test
    void messagesReachARunningCpuAtItsNextBoundary() {
        String first = wake(2) + "1: cmp dword ptr [rbx], 20\njb 1b\n" + send(Message.INTERRUPT, 1, 0x41) + send(Message.NMI, 1, 0)
                + "mov eax, [rbx]\n2: mov edx, [rbx]\nsub edx, eax\ncmp edx, 30\njb 2b\n" + send(Message.INTERRUPT, 1, 0x42)
                + "3: nop\ncmp dword ptr [rbx + 8], 0\nje 3b\n";
        String second = "sti\n1: inc dword ptr [rbx]\ncmp dword ptr [rbx], 90\njne 1b\nmov dword ptr [rbx + 8], 1\n";

        Exactness.End end = Exactness.of(GuestProgram.of(first, second), 2, 11).checkSome(17);

        // The NMI is taken first: both wait when the CPU's turn comes.
        assertThat(end.notes().lines().map(line -> line.substring(7, 9))).containsExactlyInAnyOrder("02", "41", "42");
    }

    @Test
    void aStartUpMessageStartsRealModeAtItsPage() {
        byte[] program = GuestProgram.of(wake(2) + "1: pause\ncmp dword ptr [rbx + 0x80], 1\njne 1b\n", DONE);
        try (BareMachine machine = new BareMachine(program, 2, new RoundRobin(1))) {
            assertThat(machine.cpu(1).snapshot().activity()).isEqualTo(Activity.WAIT_FOR_SIPI);
            while (machine.cpu(1).snapshot().activity() == Activity.WAIT_FOR_SIPI) {
                machine.run(machine.position() + 1);
            }
            // The first instruction, which is behind it, was mov ax, 0x1000.
            var state = machine.cpu(1).snapshot();
            assertThat(state.rip()).isEqualTo(3);
            assertThat(machine.cpu(1).state().linearRip()).isEqualTo((GuestProgram.STARTUP_PAGE << 12) + 3);
            assertThat(machine.cpu(1).state().selector(1)).isEqualTo(GuestProgram.STARTUP_PAGE << 8);
            assertThat(state.rflags()).isEqualTo(2);
            assertThat(state.control()[0]).isEqualTo(0x6000_0010);
            assertThat(state.registers()[2]).as("EDX: the processor's signature").isEqualTo(0x306c3);
            machine.run(Long.MAX_VALUE);
            assertThat(data(machine, 0x80)).isEqualTo(1);
        }
    }

    @Test
    void initTakesInstructionBreakpointsAway() {
        String first = wake(2) + "1: pause\ncmp dword ptr [rbx], 1\njne 1b\n" + send(Message.INIT, 1, 0)
                + send(Message.STARTUP, 1, GuestProgram.STARTUP_PAGE) + "2: pause\ncmp dword ptr [rbx + 16], 1\njne 2b\n";
        String second = """
                lea rax, [rip + 2f]
                inc dword ptr [rbx + 8]
                cmp dword ptr [rbx + 8], 1
                jne 2f
                mov dr0, rax
                mov eax, 0x401
                mov dr7, rax
                mov dword ptr [rbx], 1
            1:  pause
                jmp 1b
            2:  mov rdx, dr7
                mov [rbx + 24], edx
                mov dword ptr [rbx + 16], 1
            """;

        String notes = Exactness.of(GuestProgram.of(first, second), 2, 5).checkSome(7).notes();

        assertThat(notes).isEmpty();
        try (BareMachine machine = new BareMachine(GuestProgram.of(first, second), 2, new RoundRobin(5))) {
            machine.run(Long.MAX_VALUE);
            assertThat(data(machine, 24)).isEqualTo(0x400);
        }
    }

    @Test
    void initStopsARunningCpuAndLeavesWhatTheManualSays() {
        String first = wake(2) + "1: cmp dword ptr [rbx], 5\njb 1b\n" + send(Message.STARTUP, 1, 0x77) + """
                mov eax, [rbx]
            2:  mov edx, [rbx]
                sub edx, eax
                cmp edx, 3
                jb 2b
            """ + send(Message.INIT, 1, 0) + """
                mov ecx, 20
            3:  pause
                loop 3b
                mov eax, [rbx]
                mov [rbx + 8], eax
                mov ecx, 20
            4:  pause
                loop 4b
                mov esi, [rbx]
                mov [rbx + 16], esi
            """ + send(Message.STARTUP, 1, GuestProgram.STARTUP_PAGE) + send(Message.STARTUP, 1, 0x77) + """
            5:  cmp [rbx], esi
                je 5b
            """;
        String second = """
                movd [rbx + 24], xmm0
                mov eax, 0x1234
                movd xmm0, eax
            1:  inc dword ptr [rbx]
                jmp 1b
            """;
        byte[] program = GuestProgram.of(first, second);

        Exactness.of(program, 2, 5).checkSome(23);

        try (BareMachine machine = new BareMachine(program, 2, new RoundRobin(5))) {
            machine.run(Long.MAX_VALUE);
            assertThat(data(machine, 8)).as("it stands still").isEqualTo(data(machine, 16)).isGreaterThanOrEqualTo(8);
            assertThat(data(machine, 24)).as("XMM0 outlives INIT").isEqualTo(0x1234);
        }
    }

    @Test
    void nmiWakesACpuThatIsHaltedWithInterruptsOff() {
        String first = wake(2) + "mov ecx, 30\n1: pause\nloop 1b\n" + send(Message.INTERRUPT, 1, 0x41)
                + "mov ecx, 30\n1: pause\nloop 1b\nmov eax, [rbx]\nmov [rbx + 8], eax\n" + send(Message.NMI, 1, 0)
                + "1: pause\ncmp dword ptr [rbx], 1\njne 1b\n";

        Exactness.End end = Exactness.of(GuestProgram.of(first, "hlt\nmov dword ptr [rbx], 1\n"), 2, 40).checkSome(11);

        assertThat(end.notes()).startsWith("vector 02").hasLineCount(1);
    }

    @Test
    void timeIsSkippedOnlyWhenAllCpusWait() {
        // Each waits for a timer of its own; the first one's is the last.
        String first = wake(CPUS) + "mov r13d, 4\nmov eax, 5000\nout 0x60, eax\nsti\nhlt\ncli\nrdtsc\nmov [rbx + 8 * r13], eax\n";
        byte[] program = GuestProgram.of(first, "imul eax, r13d, 1000\nout 0x60, eax\nsti\nhlt\ncli\nrdtsc\nmov [rbx + 8 * r13], eax\n");

        Exactness.of(program, CPUS, 50).checkTurns();

        try (BareMachine machine = run(program, 50)) {
            assertThat(data(machine, 8)).isBetween(1_000, 1_999);
            assertThat(data(machine, 16)).isBetween(2_000, 2_999);
            assertThat(data(machine, 24)).isBetween(3_000, 3_999);
            assertThat(data(machine, 32)).isBetween(5_000, 5_999);
        }
    }

    @Test
    void everyCpuKnowsItsNumberAndHowManyThereAre() {
        // Leaf 1 EBX, leaf 4 EAX, leaf 0xb EAX, EBX and EDX of the second level, each CPU in a row of 32 bytes.
        String ask = """
                mov r8d, r13d
                shl r8d, 5
                add r8d, DATA
                mov eax, 1
                cpuid
                mov [r8], ebx
                mov [r8 + 4], edx
                mov eax, 4
                xor ecx, ecx
                cpuid
                mov [r8 + 8], eax
                mov eax, 0xb
                mov ecx, 1
                cpuid
                mov [r8 + 12], eax
                mov [r8 + 16], ebx
                mov [r8 + 20], edx
                mov ebx, DATA
            """;
        byte[] program = GuestProgram.of(wake(3) + "xor r13d, r13d\n" + ask
                + "9:  pause\ncmp dword ptr [rbx + 0x80], 2\njne 9b\n", ask + DONE);
        try (BareMachine machine = new BareMachine(program, 3, new RoundRobin(100))) {
            machine.run(Long.MAX_VALUE);
            for (int cpu = 0; cpu < 3; cpu++) {
                int row = 32 * cpu;
                assertThat(data(machine, row) >>> 24).as("initial APIC ID").isEqualTo(cpu);
                assertThat(data(machine, row) >>> 16 & 0xff).as("room for logical processors").isEqualTo(4);
                assertThat(data(machine, row + 4) >>> 28 & 1).as("HTT").isEqualTo(1);
                assertThat(data(machine, row + 8) >>> 26).as("cores less 1, rounded up").isEqualTo(3);
                assertThat(data(machine, row + 12)).as("bits of the ID for the package's processors").isEqualTo(2);
                assertThat(data(machine, row + 16)).isEqualTo(3);
                assertThat(data(machine, row + 20)).as("x2APIC ID").isEqualTo(cpu);
            }
        }
    }

    private static BareMachine run(byte[] program, long quantum) {
        BareMachine machine = new BareMachine(program, CPUS, new RoundRobin(quantum));
        machine.run(Long.MAX_VALUE);
        return machine;
    }

    private static int data(BareMachine machine, int offset) {
        return machine.ram().getInt(DATA + offset);
    }
}
