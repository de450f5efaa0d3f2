package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.diagnose.Cell;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Loops with string instructions that never end, and such that end late. */
class StringsTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 150_000_000;
    private static final Ending SUCCESS = new Ending.Ended(new StopReason.GuestExit(0x10, true));
    private static final String SUCCEED = "mov al, 0x10\nout 0xf4, al\n";
    private static final String DATA = "flag: .long 0\none: .ascii \"the same text\"\nother: .ascii \"the same text\"\n";

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open("cli\nmov esp, 0x200000\n" + program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static Verdict.DeadSpin spin(String program) {
        Ending ending = watch(program);
        assertThat(ending).isInstanceOf(Ending.Hung.class);
        assertThat(((Ending.Hung) ending).verdict()).isInstanceOf(Verdict.DeadSpin.class);
        return (Verdict.DeadSpin) ((Ending.Hung) ending).verdict();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "again: mov edi, 0x400000\nmov ecx, 200\nxor eax, eax\nrep stosd\njmp again\n",
        "again: mov edi, 0x400000\nmov esi, 0x401000\nmov ecx, 200\nrep movsb\ncmp dword ptr [flag], 0\nje again\n",
        "std\nagain: mov edi, 0x400000\nmov esi, offset other\nmov ecx, 13\nrep movsb\njmp again\n",
        "again: mov esi, offset one\nlodsb\nlodsd\ncmp al, 1\njne again\n",
        // The rounds are counted in what is filled.
        "again: inc eax\nmov edi, 0x400000\nmov ecx, 20\nrep stosw\ncmp dword ptr [flag], 0\nje again\n"})
    void aLoopThatFillsOrCopiesForEverIsDead(String program) {
        assertThat(spin(program + SUCCEED + DATA).loops()).hasSize(1);
    }

    @Test
    void aLoopThatComparesWhatStaysTheSameIsDeadAndShowsIt() {
        Verdict.DeadSpin spin = spin("again: mov esi, offset one\nmov edi, offset other\nmov ecx, 13\nrepe cmpsb\nje again\n" + SUCCEED + DATA);

        assertThat(spin.loops().getFirst().reads()).extracting(Cell::bytes).containsExactly(13 + 13);
    }

    @Test
    void aSearchThatFindsTheSamePlaceForEverIsDead() {
        assertThat(spin("again: mov edi, offset one\nmov ecx, 13\nmov al, 's'\nrepne scasb\nje again\n" + SUCCEED + DATA).loops().getFirst().reads())
                .extracting(Cell::bytes).containsExactly(5);
    }

    @Test
    void aLoopThatFillsForEverIsDeadWhereverTicksInterruptIt() {
        assertThat(spin(WITH_TICKS + TICK + "begin: sti\nagain: mov edi, 0x400000\nmov ecx, 100\nxor eax, eax\nrep stosd\njmp again\n").loops()).hasSize(1);
    }

    /** The count, the pointer, what is filled, what is compared and where it ends change from round to round. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mov ebx, 100000      | mov edi, 0x400000; mov ecx, 100; rep stosb; dec ebx; jnz again",
        "mov edi, 0x300000    | mov ecx, 20; rep stosb; cmp edi, 0x700000; jb again",
        "xor ebx, ebx         | inc ebx; mov edi, 0x400000; mov ecx, ebx; shr ecx, 17; mov al, 1; rep stosb; cmp byte ptr [0x40000a], 1; jne again",
        "mov ebx, 0           | inc ebx; mov edi, 0x400000; mov eax, ebx; mov ecx, 20; rep stosd; cmp dword ptr [0x400004], 300000; jb again",
        "mov ebx, 0           | inc ebx; mov [0x400008], ebx; mov esi, 0x400000; mov edi, 0x500000; mov ecx, 20; rep movsb; cmp dword ptr [0x500008], 300000; jb again",
        "mov dword ptr [0x500008], 300000 | inc dword ptr [0x400008]; mov esi, 0x400000; mov edi, 0x500000; mov ecx, 20; repe cmpsb; jne again",
        "mov dword ptr [0x500008], 300000 | inc dword ptr [0x400008]; mov esi, 0x400000; mov edi, 0x500000; mov ecx, 20; repe cmpsb; test ecx, ecx; jnz again",
        "mov dword ptr [0x400008], 0      | inc dword ptr [0x400008]; mov edi, 0x400008; mov eax, 400000; scasd; jne again",
        "mov dword ptr [0x400008], 0      | inc dword ptr [0x400008]; mov esi, 0x400008; lodsd; cmp eax, 400000; jne again"})
    void aLoopThatEndsLateIsNoHang(String start, String round) {
        assertThat(watch(start + "\nagain:\n" + round.replace("; ", "\n") + "\n" + SUCCEED)).isEqualTo(SUCCESS);
    }
}
