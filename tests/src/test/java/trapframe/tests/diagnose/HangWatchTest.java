package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.cpu.Activity;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** What is proved of small guests, and what is not. */
class HangWatchTest {
    /** A slow processor, 10 MHz or so, so that a wait of many seconds takes a test no time. */
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static Verdict verdict(String program) {
        Ending ending = watch(program);
        assertThat(ending).isInstanceOf(Ending.Hung.class);
        return ((Ending.Hung) ending).verdict();
    }

    @Test
    void aHaltWithInterruptsOffIsDead() {
        Verdict verdict = verdict("cli\nhlt\n");

        assertThat(verdict).isInstanceOf(Verdict.DeadHalt.class);
        assertThat(verdict.cpus()).singleElement().satisfies(place -> {
            assertThat(place.interruptsOn()).isFalse();
            assertThat(place.activity()).isEqualTo(Activity.HLT);
        });
    }

    @Test
    void aHaltWithInterruptsOnThatNothingCanEndMakesNoProgress() {
        assertThat(verdict("""
                mov al, 0x38
                out 0x43, al
                sti
                hlt
                """)).isInstanceOf(Verdict.NoProgress.class);
    }

    @Test
    void aTripleFaultIsOne() {
        Verdict verdict = verdict("ud2\n");

        assertThat(verdict).isInstanceOf(Verdict.TripleFault.class);
        assertThat(verdict.sentence()).startsWith("failed: triple fault");
    }

    @Test
    void aRunThatEndsByItselfIsNoHang() {
        assertThat(watch("mov al, 0x10\nout 0xf4, al\n")).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aSpinOnALockThatNobodyFreesIsDead() {
        Verdict verdict = verdict("""
                cli
                again:
                  mov eax, 1
                  xchg dword ptr [lock], eax
                  test eax, eax
                  jz got
                wait:
                  pause
                  cmp dword ptr [lock], 0
                  jne wait
                  jmp again
                got:
                  hlt
                lock: .long 1
                """);

        assertThat(verdict).isInstanceOfSatisfying(Verdict.DeadSpin.class, spin -> {
            assertThat(spin.loops()).singleElement().satisfies(loop -> {
                assertThat(loop.instructions()).hasSize(3);
                assertThat(loop.reads()).singleElement().satisfies(cell -> assertThat(cell.bytes()).isEqualTo(4));
            });
            assertThat(spin.masked()).isEmpty();
            assertThat(spin.pending()).singleElement().satisfies(event -> assertThat(event.timer()).isEqualTo("8254 counter 0"));
        });
    }

    @Test
    void aSpinThatCountsItsRoundsIsDeadAndTheCountIsMasked() {
        Verdict verdict = verdict("""
                cli
                wait:
                  mov ecx, dword ptr [rounds]
                  inc ecx
                  mov dword ptr [rounds], ecx
                  cmp dword ptr [flag], 0
                  je wait
                  hlt
                rounds: .long 0
                flag: .long 0
                """);

        assertThat(verdict).isInstanceOfSatisfying(Verdict.DeadSpin.class, spin -> {
            assertThat(spin.loops()).singleElement().satisfies(loop -> assertThat(loop.reads()).hasSize(1));
            assertThat(spin.masked()).hasSize(2);
        });
    }

    @Test
    void aSpinThatLooksAtTheTimeButWaitsForAFlagIsDead() {
        assertThat(verdict("cli\nwait: rdtsc\ncmp dword ptr [flag], 0\nje wait\nhlt\nflag: .long 0\n")).isInstanceOf(Verdict.DeadSpin.class);
    }

    @Test
    void aBusyWaitByTheTimeStampCounterIsNoHang() {
        assertThat(watch("""
                cli
                rdtsc
                mov ebx, edx
                add ebx, 3          # more than 12 s
                wait:
                  mov ecx, 1000
                delay:
                  loop delay
                  rdtsc
                  cmp edx, ebx
                  jb wait
                mov al, 0x10
                out 0xf4, al
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aCountedLoopIsNoHang() {
        assertThat(watch("""
                cli
                mov ecx, 50000000
                wait:
                  pause
                  dec ecx
                  jnz wait
                mov al, 0x10
                out 0xf4, al
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }
}
