package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Loops that ticks find with several stack pointers: they call functions, or go to other stacks, with interrupts on; and such that end late. */
class CallsTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final Ending SUCCESS = new Ending.Ended(new StopReason.GuestExit(0x10, true));

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static void assertHangs(String program) {
        assertThat(watch(program)).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict()).isInstanceOf(Verdict.DeadSpin.class));
    }

    private static void assertEnds(String program) {
        assertThat(watch(program)).isEqualTo(SUCCESS);
    }

    private static final String CALLS = """
              sti
            wait:
              mov ecx, 3
            rest: loop rest
              call look
              jz wait
              jmp succeed
            look:
              push ebx
              mov ebx, offset flag
              nop
              nop
              cmp dword ptr [ebx], 0
              pop ebx
              nop
              nop
              ret
            """;

    private static String hooked(String hook) {
        return WITH_TICKS + "on_tick:\npush eax\ninc dword ptr [ticks]\n" + hook + "mov al, 0x20\nout 0x20, al\npop eax\niretd\nbegin:\n" + CALLS;
    }

    @Test
    void aLoopThatAsksAFunctionIsDead() {
        assertHangs(WITH_TICKS + TICK + "begin:\n" + CALLS);
    }

    @Test
    void aTickThatSetsTheFlagLateIsNoHang() {
        assertEnds(hooked("cmp dword ptr [ticks], 150\njne not_yet\nmov dword ptr [flag], 1\nnot_yet:\n"));
    }

    /** With the function on the stack, and else not. */
    @Test
    void aTickThatChangesWhatTheFunctionKeepsOnTheStackIsNoHang() {
        assertEnds(hooked("""
                cmp dword ptr [ticks], 150
                jb not_yet
                cmp esp, 0x200000 - 16 - 8
                jne not_yet
                mov dword ptr [esp + 20], offset succeed   # behind the frame and EBX: where the function returns to
                not_yet:
                """));
    }

    /** The function stores what a tick in it leaves for one in the loop. */
    @Test
    void aTickInTheLoopThatFindsWhatOneInTheFunctionLeftIsNoHang() {
        assertEnds(WITH_TICKS + """
                on_tick:
                  push eax
                  cmp esp, 0x200000 - 16
                  je in_loop
                  inc dword ptr [inside]
                  cmp dword ptr [inside], 40
                  jne done
                  mov dword ptr [cell], 9
                  jmp done
                in_loop:
                  cmp dword ptr [cell], 9
                  jne done
                  mov dword ptr [flag], 1
                done:
                  mov al, 0x20
                  out 0x20, al
                  pop eax
                  iretd
                inside: .long 0
                cell: .long 0
                begin:
                """ + CALLS);
    }

    /** Each has its stack; who goes on is found there. */
    private static String yielding(String task1, String hook) {
        return WITH_TICKS + "on_tick:\npush eax\ninc dword ptr [ticks]\n" + hook + """
                  mov al, 0x20
                  out 0x20, al
                  pop eax
                  iretd
                yield:
                  cli
                  push ebx
                  push ebp
                  mov eax, dword ptr [current]
                  mov dword ptr [saved + eax * 4], esp
                  xor eax, 1
                  mov dword ptr [current], eax
                  mov esp, dword ptr [saved + eax * 4]
                  pop ebp
                  pop ebx
                  sti
                  ret
                current: .long 0
                saved: .long 0, 0x210000 - 12
                begin:
                  mov dword ptr [0x210000 - 4], offset task1
                  mov dword ptr [0x210000 - 8], 0
                  mov dword ptr [0x210000 - 12], 0
                  sti
                task0:
                  pause
                  nop
                  call yield
                  nop
                  cmp dword ptr [flag], 0
                  je task0
                  jmp succeed
                """ + task1;
    }

    @Test
    void tasksThatYieldToEachOtherAndWaitForAFlagThatNobodySetsAreDead() {
        assertHangs(yielding("task1:\ninc ebx\nnop\ncall yield\ncmp dword ptr [flag], 0\nje task1\njmp succeed\n", ""));
    }

    @Test
    void tasksThatYieldAndCountToALimitAreNoHang() {
        assertEnds(yielding("task1:\ninc ebx\nnop\ncall yield\ncmp ebx, 1000000\njne task1\nmov dword ptr [flag], 1\njmp task1\n", ""));
    }

    @Test
    void aTickThatLetsOneOfTheTasksGoOnIsNoHang() {
        assertEnds(yielding("task1:\ninc ebx\nnop\ncall yield\ntest ebp, ebp\njz task1\nmov dword ptr [flag], 1\njmp task1\n", """
                cmp dword ptr [ticks], 150
                jb not_yet
                cmp esp, 0x210000
                ja not_yet
                cmp esp, 0x208000
                jb not_yet
                mov ebp, 1
                not_yet:
                """));
    }
}
