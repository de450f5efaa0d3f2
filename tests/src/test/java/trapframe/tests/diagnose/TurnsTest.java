package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;
import static trapframe.tests.diagnose.TurnsGuest.RESTORE;

import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Tasks that take turns by ticks, of which none ever gets any further, and such that look the same for long. */
class TurnsTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static void assertHangs(String program, int loops) {
        assertThat(watch(program)).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict())
                .isInstanceOfSatisfying(Verdict.DeadSpin.class, spin -> {
                    assertThat(spin.loops()).hasSize(loops);
                    assertThat(spin.pending()).singleElement().satisfies(event -> assertThat(event.why()).contains("tick"));
                }));
    }

    private static void assertEnds(String program) {
        assertThat(watch(program)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    private static final String WAITS_FOR_THE_FLAG = """
            task0:
              cmp dword ptr [flag], 0
              je task0
              jmp succeed
            """;

    @Test
    void aTaskThatWaitsForADeadOneAndAnIdleTaskHang() {
        assertHangs(TurnsGuest.of(2, 1, "") + WAITS_FOR_THE_FLAG + "task1: hlt\njmp task1\n", 1);
    }

    @Test
    void tasksThatAllSpinHang() {
        assertHangs(TurnsGuest.of(3, 1, "") + WAITS_FOR_THE_FLAG + """
                task1:
                  inc dword ptr [rounds]
                  mov ecx, dword ptr [flag]
                  mov edx, ecx
                  test edx, edx
                  jz task1
                task2:
                  pause
                  cli
                  call function
                  sti
                  jmp task2
                function:
                  push eax
                  pop ecx
                  ret
                rounds: .long 0
                """, 3);
    }

    @Test
    void tasksWithSlicesOfSomeTicksHang() {
        assertHangs(TurnsGuest.of(2, 7, "") + WAITS_FOR_THE_FLAG + "task1: inc ebx\njmp task1\n", 2);
    }

    @Test
    void aTaskThatCountsToALimitDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, "") + WAITS_FOR_THE_FLAG + """
                task1:
                  inc ebx
                  cmp ebx, 10000000
                  jb task1
                  mov dword ptr [flag], 1
                for_ever: jmp for_ever
                """);
    }

    @Test
    void aTaskThatCountsTicksDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, "") + WAITS_FOR_THE_FLAG + """
                task1:
                  hlt
                  cmp dword ptr [ticks], 182
                  jb task1
                  mov dword ptr [flag], 1
                for_ever: jmp for_ever
                """);
    }

    /** At each tick it is found at another one; what it did before the first one is long ago. */
    @Test
    void aTaskThatHaltsManyTimesInARoundDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, "") + """
                task0:
                  test dword ptr [rounds], 4
                  jz task0
                  jmp succeed
                task1:
                  inc dword ptr [rounds]
                  .rept 60
                  hlt
                  .endr
                  jmp task1
                rounds: .long 0
                """);
    }

    @Test
    void aTaskThatSpinsForTheTimeDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, "") + WAITS_FOR_THE_FLAG + """
                task1:
                  rdtsc
                  cmp edx, 2
                  jb task1
                  mov dword ptr [flag], 1
                for_ever: jmp for_ever
                """);
    }

    @Test
    void aSchedulerThatEndsATaskAfterItsTimeDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, """
                  cmp dword ptr [ticks], 182
                  jne not_yet
                  mov dword ptr [flag], 1
                not_yet:
                """) + WAITS_FOR_THE_FLAG + "task1: hlt\njmp task1\n");
    }

    @Test
    void aTickThatOnceChangesARegisterOfAnotherTaskDoesNotHang() {
        assertEnds(TurnsGuest.of(2, 1, """
                  mov ebx, dword ptr [current]
                  xor ebx, 1
                  mov esi, dword ptr [saved + ebx * 4]
                  mov eax, dword ptr [ticks]
                  shr eax, 7
                  add dword ptr [esi + 24], eax       # its EAX
                """) + """
                task0:
                  test eax, eax
                  jz task0
                  jmp succeed
                task1: jmp task1
                """);
    }

    @Test
    void tasksThatHandEachOtherSomethingDoNotHang() {
        assertEnds(TurnsGuest.of(2, 1, "") + """
                task0:
                  mov eax, dword ptr [ball]
                  test eax, 1
                  jnz task0
                  inc eax
                  mov dword ptr [ball], eax
                  cmp eax, 101
                  jne task0
                  jmp succeed
                task1:
                  mov eax, dword ptr [ball]
                  test eax, 1
                  jz task1
                  inc eax
                  mov dword ptr [ball], eax
                  jmp task1
                ball: .long 0
                """);
    }

    @Test
    void aTaskWhoseTurnComesOnceInAWhileDoesNotHang() {
        assertEnds(TurnsGuest.of(3, 1, """
                  cmp dword ptr [current], 1
                  jne everybody
                  test dword ptr [ticks], 127
                  jz everybody
                  mov dword ptr [current], 2
                  mov ebx, 2
                  mov dword ptr [saved + 4], esp
                  mov esp, dword ptr [saved]
                  mov dword ptr [current], 0
                  """ + RESTORE + """
                  iretd
                everybody:
                """) + WAITS_FOR_THE_FLAG + "task1: pause\njmp task1\ntask2: mov dword ptr [flag], 1\nfor_ever: jmp for_ever\n");
    }

    @Test
    void anInterruptThatFindsSomethingElseOnlyAfterALongTimeDoesNotHang() {
        assertEnds(WITH_TICKS + """
                on_tick:
                  test eax, eax
                  jz same
                  mov dword ptr [flag], 1
                same:
                  push eax
                  mov al, 0x20
                  out 0x20, al
                  pop eax
                  iretd
                rounds: .long 0
                begin:
                  xor eax, eax
                  sti
                wait:
                  inc dword ptr [rounds]
                  bt dword ptr [rounds], 22
                  sbb eax, eax                        # zero for 4194304 rounds
                  nop
                  nop
                  nop
                  xor eax, eax
                  cmp dword ptr [flag], 0
                  je wait
                  jmp succeed
                """);
    }
}
