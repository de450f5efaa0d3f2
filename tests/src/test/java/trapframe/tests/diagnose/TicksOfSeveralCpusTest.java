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

/** Several CPUs that spin while ticks come: of the 8254 to the first one, of its local APIC's timer to the second one. */
class TicksOfSeveralCpusTest {
    private static final MachineSpec TWO_CPUS = MachineSpec.standard().withCodeBytesPerMicrosecond(10).withCpus(2).withTurn(100_000);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    /** The second CPU comes to {@code second}, with interrupts off; its timer interrupts every 40 ms at {@code on_local}, vector 0x22 is {@code on_message}. */
    private static final String START = """
              cli
              lgdt [gdtr]
              .byte 0xea
              .long entered
              .word 8
            gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
            .set code_selector, 8
            gdtr: .word 0x17
                  .long gdt
            """ + SecondCpu.TRAMPOLINE + """
              mov es, ax
              mov ss, ax
              mov esp, 0x280000
              lidt [idtr]
              mov dword ptr [0xfee000f0], 0x1ff
              mov dword ptr [0xfee003e0], 0xb
              mov dword ptr [0xfee00320], 0x20021
              mov dword ptr [0xfee00380], 40000000
              jmp second
            entered:
              mov eax, 0x10
              mov ds, ax
              mov es, ax
              mov ss, ax
            """ + WITH_TICKS + """
            local_ticks: .long 0
            on_message:
              mov dword ptr [flag], 1
              mov dword ptr [0xfee000b0], 0
              iretd
            begin:
              mov eax, offset on_local
              mov word ptr [0x300000 + 0x21 * 8], ax
              shr eax, 16
              mov word ptr [0x300006 + 0x21 * 8], ax
              mov eax, offset on_message
              mov word ptr [0x300000 + 0x22 * 8], ax
              shr eax, 16
              mov word ptr [0x300006 + 0x22 * 8], ax
            """ + SecondCpu.STARTED + """
              jmp first
            """;
    private static final String FIRST_SPINS = "first:\nsti\nfirst_waits: cmp dword ptr [flag], 0\nje first_waits\njmp succeed\n";
    private static final String SECOND_SPINS = "second:\nsti\nsecond_waits:\npause\njmp second_waits\n";
    private static final String SECOND_SPINS_OFF = "second:\nsecond_waits:\npause\njmp second_waits\n";
    private static final String SECOND_IDLES = "second:\nsti\nsecond_waits:\nhlt\njmp second_waits\n";

    private static String onLocal(String hook) {
        return "on_local:\ninc dword ptr [local_ticks]\n" + hook + "mov dword ptr [0xfee000b0], 0\niretd\n";
    }

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(START + program, TWO_CPUS)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static void assertHangs(String program, int loops, int ticks) {
        assertThat(watch(program)).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict())
                .isInstanceOfSatisfying(Verdict.DeadSpin.class, spin -> {
                    assertThat(spin.loops()).hasSize(loops);
                    assertThat(spin.pending()).filteredOn(event -> event.why().contains("it is the tick")).hasSize(ticks);
                }));
    }

    @Test
    void bothSpinAndATimerInterruptsEach() {
        assertHangs(TICK + onLocal("") + FIRST_SPINS + SECOND_SPINS, 2, 2);
    }

    @Test
    void oneSpinsWithInterruptsOffAndTheOtherOneIsInterrupted() {
        assertHangs(TICK + onLocal("") + FIRST_SPINS + SECOND_SPINS_OFF, 2, 1);
    }

    @Test
    void oneSpinsAndTheOtherOneIsIdle() {
        assertHangs(TICK + onLocal("") + FIRST_SPINS + SECOND_IDLES, 1, 2);
    }

    private static void assertEnds(String program) {
        assertThat(watch(program)).isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aTickOfTheSecondOneThatFreesTheFirstOneAtLastIsNoHang() {
        assertEnds(TICK + onLocal("cmp dword ptr [local_ticks], 200\njne not_yet\nmov dword ptr [flag], 1\nnot_yet:\n") + FIRST_SPINS + SECOND_SPINS);
    }

    @Test
    void aMessageThatTheSecondOneSendsAtLastIsNoHang() {
        assertEnds(TICK + onLocal("""
                cmp dword ptr [local_ticks], 200
                jne not_yet
                mov dword ptr [0xfee00310], 0
                mov dword ptr [0xfee00300], 0x4022
                not_yet:
                """) + FIRST_SPINS + SECOND_SPINS);
    }

    @Test
    void aLoopOfTheSecondOneThatCountsToALimitIsNoHang() {
        assertEnds(TICK + onLocal("") + FIRST_SPINS + """
                second:
                  sti
                  xor ecx, ecx
                count:
                  inc ecx
                  cmp ecx, 10000000
                  jb count
                  mov dword ptr [flag], 1
                for_ever: jmp for_ever
                """);
    }

    @Test
    void aTickOfTheFirstOneThatTheSecondOneWaitsForIsNoHang() {
        assertEnds(TICK + onLocal("") + FIRST_SPINS + """
                second:
                  sti
                second_waits:
                  cmp dword ptr [ticks], 100
                  jb second_waits
                  mov dword ptr [flag], 1
                for_ever: jmp for_ever
                """);
    }
}
