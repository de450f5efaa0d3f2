package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.LOCAL_GATE;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;
import static trapframe.tests.diagnose.TickingGuest.local;

import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Ticks of timers that are programmed anew at each tick, and of two timers. */
class TimersTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    private static final String SPIN = "sti\nwait: cmp dword ptr [flag], 0\nje wait\njmp succeed\n";
    private static final String IDLE = "sti\nwait: hlt\ncmp dword ptr [flag], 0\nje wait\njmp succeed\n";
    /** Counts ticks, and at one of them ends the hang. */
    private static final String ENDS_LATE = "cmp dword ptr [ticks], 150\njne not_yet\nmov dword ptr [flag], 1\nnot_yet:\n";

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static void assertHangs(String program, Class<? extends Verdict> kind) {
        assertThat(watch(program)).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict()).isInstanceOf(kind));
    }

    private static void assertEnds(String program) {
        assertThat(watch(program)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    /** The 8254 interrupts once, 50 ms later. */
    private static final String PROGRAM = """
              mov al, 0x30
              out 0x43, al
              mov al, 0x00
              out 0x40, al
              mov al, 0xe9
              out 0x40, al
            """;

    private static String once(String program, String hook, String code) {
        return WITH_TICKS + "on_tick:\npush eax\npush edx\ninc dword ptr [ticks]\n" + hook + program
                + "mov al, 0x20\nout 0x20, al\npop edx\npop eax\niretd\nbegin:\n" + PROGRAM + code;
    }

    @Test
    void aSpinThatA8254InterruptsWhichIsSetEachTimeIsDead() {
        assertHangs(once(PROGRAM, "", SPIN), Verdict.DeadSpin.class);
    }

    @Test
    void anIdleKernelWhose8254IsSetEachTimeMakesNoProgress() {
        assertHangs(once(PROGRAM, "", IDLE), Verdict.NoProgress.class);
    }

    @Test
    void theSameThatEndsLateIsNoHang() {
        assertEnds(once(PROGRAM, ENDS_LATE, SPIN));
        assertEnds(once(PROGRAM, ENDS_LATE, IDLE));
    }

    /** A count that depends on the time. */
    private static final String PROGRAM_BY_CLOCK = """
              mov al, 0x30
              out 0x43, al
              rdtsc
              or eax, 0x8000
              out 0x40, al
              mov al, ah
              out 0x40, al
            """;

    @Test
    void aSpinThatIsInterruptedNobodyKnowsWhenIsDead() {
        assertHangs(once(PROGRAM_BY_CLOCK, "", SPIN), Verdict.DeadSpin.class);
    }

    @Test
    void aDeadlineThatComesNearerIsNoHang() {
        assertEnds(once("""
                sub dword ptr [count], 0x140
                jns still
                mov dword ptr [flag], 1
                still:
                mov al, 0x30
                out 0x43, al
                mov eax, dword ptr [count]
                out 0x40, al
                mov al, ah
                out 0x40, al
                jmp set
                count: .long 0xfff0
                set:
                """, "", SPIN));
    }

    private static final String NO_8254 = "mov al, 0xff\nout 0x21, al\n";

    private static String onLocal(String hook) {
        return "on_local:\npush eax\ninc dword ptr [ticks]\n" + hook + "mov dword ptr [0xfee000b0], 0\npop eax\niretd\n";
    }

    @Test
    void aSpinThatALocalTimerInterruptsWhichIsSetEachTimeIsDead() {
        assertHangs(WITH_TICKS + TICK + onLocal("mov dword ptr [0xfee00380], 40000000\n") + "begin:\n" + LOCAL_GATE + NO_8254
                + local("0x21", 40_000_000) + SPIN, Verdict.DeadSpin.class);
    }

    @Test
    void aLocalTimerThatIsSetEachTimeAndEndsTheSpinLateIsNoHang() {
        assertEnds(WITH_TICKS + TICK + onLocal("mov dword ptr [0xfee00380], 40000000\n" + ENDS_LATE) + "begin:\n" + LOCAL_GATE + NO_8254
                + local("0x21", 40_000_000) + SPIN);
    }

    @Test
    void aSpinThatTwoTimersInterruptIsDead() {
        assertThat(watch(WITH_TICKS + TICK + onLocal("") + "begin:\n" + LOCAL_GATE + local("0x20021", 33_000_000) + SPIN))
                .isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict()).isInstanceOfSatisfying(Verdict.DeadSpin.class,
                        spin -> assertThat(spin.pending()).filteredOn(event -> event.why().contains("it is the tick")).hasSize(2)));
    }

    @Test
    void aSpinThatTheOtherTimerEndsLateIsNoHang() {
        assertEnds(WITH_TICKS + TICK.replace("inc dword ptr [ticks]", "nop") + onLocal(ENDS_LATE) + "begin:\n" + LOCAL_GATE + local("0x20021", 33_000_000)
                + SPIN);
    }

    @Test
    void ticksOfWhichOneLooksAtWhatTheOtherOneCountsAreNoHang() {
        assertEnds(WITH_TICKS + TICK + onLocal("dec dword ptr [ticks]\n" + ENDS_LATE) + "begin:\n" + LOCAL_GATE + local("0x20021", 33_000_000) + SPIN);
    }

    @Test
    void aTimerThatComesOnceAndLateIsNoHang() {
        assertEnds(WITH_TICKS + TICK + onLocal("mov dword ptr [flag], 1\n") + "begin:\n" + LOCAL_GATE + """
                  mov dword ptr [0xfee003e0], 0xa
                  mov dword ptr [0xfee00320], 0x21
                  mov dword ptr [0xfee00380], 0x10000000
                """ + SPIN);
    }

    /** Its loop stores 7 in each round; a handler stores 9, and the other one looks for that. The timers come together only after a hundred ticks. */
    @Test
    void aTickRightBehindAnotherOneFindsWhatThatLeftAndTheLoopHasNotStoredAgain() {
        assertEnds(WITH_TICKS + """
                on_tick:
                  push eax
                  mov dword ptr [cell], 9
                  mov al, 0x20
                  out 0x20, al
                  pop eax
                  iretd
                cell: .long 7
                """ + onLocal("cmp dword ptr [cell], 9\njne other\nmov dword ptr [flag], 1\nother:\n") + "begin:\n" + LOCAL_GATE + local("0x20021", 54_924_000) + """
                  sti
                wait:
                  mov dword ptr [cell], 7
                  cmp dword ptr [flag], 0
                  je wait
                  jmp succeed
                """);
    }
}
