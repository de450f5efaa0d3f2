package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

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

    /** Two marks pass in a loop that ends, where a look sees nothing; the third one passes in the spin. */
    @Test
    void aSpinBehindALongLoopIsProvedAtTheFirstMarkInIt() {
        Verdict verdict = verdict("""
                cli
                mov ecx, 1000000
                count:
                  add eax, ecx
                  xor edx, eax
                  add edx, eax
                  dec ecx
                  jnz count
                spin:
                  jmp spin
                """);

        assertThat(verdict).isInstanceOf(Verdict.DeadSpin.class);
        assertThat(verdict.position()).isBetween(3 * Machine.MARK, 3 * Machine.MARK + 1000);
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
                  dec ecx
                  jnz wait
                mov al, 0x10
                out 0xf4, al
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void anIdleKernelWhoseTickOnlyCountsMakesNoProgress() {
        Verdict verdict = verdict(WITH_TICKS + TICK + "begin: sti\nidle: hlt\njmp idle\n");

        assertThat(verdict).isInstanceOfSatisfying(Verdict.NoProgress.class, waits -> {
            // 65536 pulses at 1193182 Hz, ten positions each microsecond.
            assertThat(waits.period()).hasValueSatisfying(period -> assertThat(period).isBetween(549_250L, 549_260L));
            assertThat(waits.masked()).singleElement().satisfies(masked -> assertThat(masked.why()).startsWith("it grows by 1 "));
            assertThat(waits.pending()).singleElement().satisfies(event -> assertThat(event.timer()).isEqualTo("8254 counter 0"));
        });
    }

    @Test
    void aSleepOfTenSecondsIsNoHang() {
        assertThat(watch(WITH_TICKS + TICK + "begin: sti\nidle: hlt\ncmp dword ptr [ticks], 182\njb idle\njmp succeed\n"))
                .isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aTickThatCountsTimeSlicesAndWakesSomebodyAfterTenSecondsIsNoHang() {
        assertThat(watch(WITH_TICKS + """
                on_tick:
                  push eax
                  mov al, 0x20
                  out 0x20, al
                  dec dword ptr [slice]
                  jnz same_turn
                  mov dword ptr [slice], 10
                  inc dword ptr [turns]
                  cmp dword ptr [turns], 18
                  jne same_turn
                  mov dword ptr [flag], 1
                same_turn:
                  pop eax
                  iretd
                slice: .long 10
                turns: .long 0
                begin: sti
                idle: hlt
                  cmp dword ptr [flag], 0
                  je idle
                  jmp succeed
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aSpinWithInterruptsOnThatTheTickDoesNotEndIsDead() {
        Verdict verdict = verdict(WITH_TICKS + TICK + "begin: sti\nwait: mov eax, dword ptr [flag]\ntest eax, eax\njz wait\njmp succeed\n");

        assertThat(verdict).isInstanceOfSatisfying(Verdict.DeadSpin.class, spin -> {
            assertThat(spin.loops()).singleElement().satisfies(loop -> assertThat(loop.instructions()).hasSize(3));
            assertThat(spin.masked()).isNotEmpty();
        });
    }

    @Test
    void aSpinThatATickEndsAfterTenSecondsIsNoHang() {
        assertThat(watch(WITH_TICKS + """
                on_tick:
                  push eax
                  mov al, 0x20
                  out 0x20, al
                  inc dword ptr [ticks]
                  cmp dword ptr [ticks], 182
                  jne not_yet
                  mov dword ptr [flag], 1
                not_yet:
                  pop eax
                  iretd
                begin: sti
                wait: cmp dword ptr [flag], 0
                  je wait
                  jmp succeed
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aSpinOnTheTicksIsNoHang() {
        assertThat(watch(WITH_TICKS + TICK + "begin: sti\nwait: cmp dword ptr [ticks], 182\njb wait\njmp succeed\n")).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aTickThatChangesARegisterOfTheSpinIsNoHang() {
        assertThat(watch(WITH_TICKS + """
                on_tick:
                  push eax
                  mov al, 0x20
                  out 0x20, al
                  pop eax
                  inc ebx
                  iretd
                begin:
                  xor ebx, ebx
                  sti
                wait: cmp ebx, 182
                  jb wait
                  jmp succeed
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aFaultWhoseHandlerReturnsToItIsAStorm() {
        Verdict verdict = verdict(WITH_TICKS.replace("on_fault: iretd", """
                on_fault:
                  push ecx
                  mov ecx, 100
                delay: loop delay
                  pop ecx
                  iretd
                """) + TICK + "begin: ud2\n");

        assertThat(verdict).isInstanceOfSatisfying(Verdict.Storm.class, storm -> assertThat(storm.vector()).isEqualTo(6));
    }

    @Test
    void aFaultThatIsRepairedAtTheHundredThousandthTimeIsNoHang() {
        assertThat(watch(WITH_TICKS.replace("on_fault: iretd", """
                on_fault:
                  inc dword ptr [ticks]
                  cmp dword ptr [ticks], 100000
                  jb again
                  add dword ptr [esp], 2
                again: iretd
                """) + TICK + "begin: ud2\njmp succeed\n")).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aBusyWaitByThe8254IsNoHang() {
        assertThat(watch("""
                cli
                mov esi, 182
                wait:
                  mov ecx, 1000
                delay:
                  loop delay
                  xor eax, eax
                  out 0x43, al
                  in al, 0x40
                  mov ah, al
                  in al, 0x40
                  xchg al, ah
                  cmp eax, edi
                  mov edi, eax
                  jbe wait
                  dec esi
                  jnz wait
                mov al, 0x10
                out 0xf4, al
                """)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void processorsThatWaitToBeStartedDoNotMatter() {
        try (Machine machine = GuestCode.open("cli\nwait: pause\njmp wait\n", SLOW.withCpus(3))) {
            assertThat(new HangWatch(machine).run(new RunLimits(LIMIT))).isInstanceOf(Ending.Hung.class);
        }
    }

    @Test
    void aSpinIsProvedWhereThePreviousRunOfTheSameGuestWas() {
        String spin = "cli\nwait: pause\njmp wait\n";

        assertThat(verdict(spin)).isEqualTo(verdict(spin));
    }
}
