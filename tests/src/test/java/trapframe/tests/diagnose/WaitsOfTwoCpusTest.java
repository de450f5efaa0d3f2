package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import trapframe.cpu.Observation;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.why.Awaited;
import trapframe.diagnose.why.CpuNow;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.ExplanationText;
import trapframe.diagnose.why.Held;
import trapframe.diagnose.why.InService;
import trapframe.diagnose.why.Link;
import trapframe.diagnose.why.Unanswered;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.tests.timeline.GuestCode;
import trapframe.tests.timeline.LongModeGuest;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

/** Chains of waits from one CPU to another one and back, of 64-bit guests without symbols. */
class WaitsOfTwoCpusTest {
    private static final MachineSpec TWO_CPUS = MachineSpec.standard().withCodeBytesPerMicrosecond(10).withCpus(2);
    private static final long END = 100_000;
    private static final int STOP = 0x40;

    /** Both CPUs in long mode, interrupts off, each on its stack: the first one comes to {@code first}, the second one to {@code second}. */
    private static final String START = """
              cli
              lgdt [gdtr]
              mov dword ptr [0x200000], 0x201003
              mov dword ptr [0x201000], 0x202003
              mov dword ptr [0x201018], 0x203003
              mov dword ptr [0x202000], 0x000083
              mov dword ptr [0x202008], 0x200083
              mov dword ptr [0x203fb8], 0xfee00083
            """ + SecondCpu.STARTED + """
              jmp to_long_mode
            gdt: .quad 0, 0x00209b0000000000, 0x00cf93000000ffff, 0x00cf9b000000ffff
            .set code_selector, 0x18
            gdtr: .word 0x1f
                  .long gdt
            .balign 64
            lock_a: .quad 0
            .balign 64
            lock_b: .quad 0
            .balign 64
            ready: .quad 0
            stopped: .quad 0
            """ + SecondCpu.TRAMPOLINE + """
            to_long_mode:
            """ + LongModeGuest.INTO_LONG_MODE + """
              mov esp, 0xfee000f0                # the local APIC's spurious-interrupt vector register: on
              mov dword ptr [rsp], 0x1ff
              mov esp, 0xfee00020
              mov eax, dword ptr [rsp]
              shr eax, 24
              mov esp, 0x290000
              jnz second_cpu
              mov esp, 0x280000
              call first
            second_cpu:
              call second
            take:                                # the lock that RBX names
              mov eax, 1
              xchg dword ptr [rbx], eax
              test eax, eax
              jz taken
            wait:
              pause
              cmp dword ptr [rbx], 0
              jne wait
              jmp take
            taken:
              ret
            """;

    private static Explanation explain(String program) {
        return explain(program, TWO_CPUS);
    }

    private static Explanation explain(String program, MachineSpec spec) {
        try (Machine machine = GuestCode.open(START + program, spec)) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(END);
            return Explanation.of(timeline, new Verdict.NotProved(END, List.of(), "it runs on"), Optional.empty(), Optional.empty());
        }
    }

    @Test
    void cpusThatSpinForEachOthersLocksAreACircle() {
        Explanation explanation = explain("""
                first:
                  mov ebx, offset lock_a
                  call take
                until_both:
                  cmp dword ptr [lock_b], 0
                  je until_both
                  mov ebx, offset lock_b
                  call take
                second:
                  mov ebx, offset lock_b
                  call take
                until_both_too:
                  cmp dword ptr [lock_a], 0
                  je until_both_too
                  mov ebx, offset lock_a
                  call take
                """);

        assertThat(explanation.chain()).hasSize(2);
        assertThat(explanation.circle()).hasValue(0);
        for (int cpu = 0; cpu < 2; cpu++) {
            Link link = explanation.chain().get(cpu);
            Held held = link.held().orElseThrow();
            int other = 1 - cpu;
            assertThat(link.waiter().cpu()).isEqualTo(cpu);
            assertThat(link.awaited().lock().orElseThrow().kind()).isEqualTo(Awaited.Kind.EXCHANGE);
            assertThat(held.taken().by().cpu()).isEqualTo(other);
            assertThat(held.taken().instruction()).startsWith("xchg");
            assertThat(held.taken().position()).isLessThan(link.since().orElseThrow());
            assertThat(held.now()).isInstanceOfSatisfying(Held.Running.class, running -> assertThat(running.cpu()).isEqualTo(other));
        }
        assertThat(explanation.chain().get(0).awaited().physical().getAsLong() - explanation.chain().get(1).awaited().physical().getAsLong())
                .as("the first one waits for lock_b, the second one for lock_a").isEqualTo(64);
        assertThat(ExplanationText.of(explanation)).contains("a circle: the last one waits for CPU 0");
    }

    /** As one that waits until all others have answered. */
    @Test
    void aWordThatOthersCountUpIsNoLock() {
        Explanation explanation = explain("""
                first:
                  cmp dword ptr [stopped], 2
                  jne first
                second:
                  lock inc dword ptr [stopped]
                dead:
                  jmp dead
                """);

        Link link = explanation.chain().getFirst();
        assertThat(link.awaited().wanted()).hasValue(2L);
        assertThat(link.awaited().lock()).isEmpty();
        assertThat(link.held().orElseThrow().taken().by().cpu()).isEqualTo(1);
        assertThat(ExplanationText.of(explanation)).noneMatch(line -> line.contains("took") || line.contains("held") || line.contains("holder"));
    }

    @Test
    void aCpuThatSpinsWithInterruptsOffDoesNotTakeTheInterruptThatTheHolderOfItsLockWaitsFor() {
        Explanation explanation = explain("""
                first:
                  cmp dword ptr [ready], 0
                  je first
                  mov ebx, offset lock_b
                  call take
                second:
                  mov ebx, offset lock_b
                  call take
                  mov edi, 0xfee00300            # has the first CPU stop, and waits until it has
                  mov dword ptr [rdi + 0x10], 0
                  mov dword ptr [rdi], 0x4040
                  mov dword ptr [ready], 1
                until_stopped:
                  pause
                  cmp dword ptr [stopped], 1
                  jne until_stopped
                """);
        Unanswered unanswered = explanation.unanswered().getFirst();
        CpuNow first = explanation.cpus().getFirst();

        assertThat(explanation.chain()).extracting(link -> link.waiter().cpu()).containsExactly(0, 1);
        assertThat(explanation.chain().get(0).held().orElseThrow().taken().by().cpu()).isEqualTo(1);
        assertThat(explanation.chain().get(1).awaited().wanted()).hasValue(1L);
        assertThat(explanation.chain().get(1).held()).as("nobody wrote that it has stopped").isEmpty();
        assertThat(explanation.circle()).hasValue(0);
        assertThat(explanation.unanswered()).hasSize(1);
        assertThat(unanswered.cpu()).isZero();
        assertThat(unanswered.vector()).isEqualTo(STOP);
        assertThat(unanswered.sent().by().cpu()).isEqualTo(1);
        assertThat(unanswered.sent().instruction()).contains("mov dword ptr [rdi], 0x4040");
        assertThat(first.interruptsOn()).isFalse();
        assertThat(first.interrupts().apic().orElseThrow().requested()).containsExactly(STOP);
        assertThat(ExplanationText.of(explanation)).anySatisfy(line -> assertThat(line).startsWith("CPU 0 does not take vector 64, which CPU 1 sent it"))
                .anySatisfy(line -> assertThat(line).startsWith("interrupts of CPU 0: IF = 0").contains("vector 64 waits for IF"));
    }

    @Test
    void whoTookALockWhileTheWaiterHadNoTurnHasIt() {
        Explanation explanation = explain("""
                second:
                  mov ebx, offset lock_a
                  call take
                  mov eax, 0
                  mov edx, 1
                  mov ecx, 1000
                until_other_spins:
                  loop until_other_spins
                  mov dword ptr [rbx], eax
                  lock cmpxchg dword ptr [rbx], edx
                for_ever:
                  pause
                  cmp dword ptr [ready], 0
                  je for_ever
                first:
                  mov ebx, offset lock_a
                  cmp dword ptr [rbx], 0
                  je first
                  call take
                """);
        Link link = explanation.chain().getFirst();

        assertThat(link.waiter().cpu()).isZero();
        assertThat(link.awaited().lock().orElseThrow().kind()).isEqualTo(Awaited.Kind.COMPARE_EXCHANGE);
        assertThat(link.held().orElseThrow().taken().instruction()).startsWith("lock cmpxchg");
    }

    /** Interrupts of the guests below: both CPUs come to {@code handler} by vector 0x40, and request it by {@code request}. */
    private static final String INTERRUPTS = """
            let_in:
              mov eax, offset handler
              mov edi, 0x204400
              mov word ptr [rdi], ax
              mov word ptr [rdi + 2], 8
              mov word ptr [rdi + 4], 0x8e00
              shr eax, 16
              mov word ptr [rdi + 6], ax
              lidt [idtr]
              sti
              ret
            request:
              mov edi, 0xfee00300
              mov dword ptr [rdi], 0x44040
              nop
              ret
            idtr: .word 0x40f
                  .quad 0x204000
            """;

    @Test
    void aHandlerThatRunsIsNotTakenForOneOfAnotherCpuThatHasEnded() {
        Explanation explanation = explain(INTERRUPTS + """
                first:
                  cmp dword ptr [stopped], 0
                  je first
                  call let_in
                again:
                  call request
                  jmp again
                second:
                  call let_in
                  call request
                handler:
                  mov edi, 0xfee00020
                  cmp dword ptr [rdi], 0
                  je ends
                  mov dword ptr [stopped], 1
                for_ever:
                  pause
                  cmp dword ptr [ready], 0
                  je for_ever
                ends:
                  mov dword ptr [rdi + 0x90], 0
                  iretq
                """, TWO_CPUS.withCodeBytesPerMicrosecond(1000));

        assertThat(explanation.cpus().get(1).interrupts().apic().orElseThrow().inService()).containsExactly(STOP);
        assertThat(explanation.inService()).extracting(InService::controller).as("those that went back are the other one's")
                .doesNotContain("the local APIC of CPU 1");
    }

    /** The second CPU is interrupted while it waits, and waits again: that tells nothing. */
    @Test
    void ofACpuThatWaitsForAnInterruptTheLastOneIsToldThatCameBefore() {
        Explanation explanation = explain(INTERRUPTS + """
                first:
                  call let_in
                  call request
                  cmp dword ptr [stopped], 0
                  jne first
                  hlt
                second:
                  call let_in
                  mov edi, 0xfee00380            # the timer, once
                  mov dword ptr [rdi - 0x60], 0x40
                  mov dword ptr [rdi], 5000
                sleep:
                  hlt
                  jmp sleep
                handler:
                  mov edi, 0xfee00020
                  mov dword ptr [rdi + 0x90], 0
                  iretq
                """);

        assertThat(explanation.cpus()).extracting(CpuNow::does).containsOnly("waits for an interrupt (HLT)");
        assertThat(explanation.lastInterrupts()).singleElement().satisfies(last -> {
            assertThat(last.by().cpu()).isZero();
            assertThat(last.vector()).hasValue(STOP);
            assertThat(last.stack().entries()).as("request, and who called it").hasSizeGreaterThan(1);
        });
        assertThat(ExplanationText.of(explanation)).anySatisfy(line -> assertThat(line).startsWith("CPU 0 waits for an interrupt; the last one, vector 64, came "));
    }

    @Test
    void aHandlerThatIsToBeginIsNotTakenForTheOneBefore() {
        try (Machine machine = GuestCode.open(START + INTERRUPTS + """
                first:
                  call let_in
                again:
                  call request
                  jmp again
                second:
                  hlt
                handler:
                  mov edi, 0xfee00020
                  mov dword ptr [rdi + 0x90], 0
                  iretq
                """, TWO_CPUS)) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(END);
            long handler = machine.ram().getShort(0x204400) & 0xffff | (long) machine.ram().getShort(0x204406) << 16;
            timeline.observe(new Observation(new long[] {handler}, List.of(), false));
            Stop stop = timeline.run(2 * END);
            timeline.observe(Observation.NONE);
            Explanation explanation = Explanation.of(timeline, new Verdict.NotProved(END, List.of(), "it runs on"), Optional.empty(), Optional.empty());

            assertThat(stop).isInstanceOf(Stop.Breakpoint.class);
            assertThat(explanation.cpus().getFirst().interrupts().apic().orElseThrow().inService()).containsExactly(STOP);
            assertThat(explanation.inService()).isEmpty();
        }
    }
}
