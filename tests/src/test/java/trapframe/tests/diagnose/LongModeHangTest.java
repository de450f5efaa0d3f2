package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.cpu.DoubleFault;
import trapframe.cpu.Vector;
import trapframe.diagnose.CpuPlace;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** What is proved of 64-bit guests: frames of ticks are others there, and a double fault has a stack of its own. */
class LongModeHangTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);
    /** Below it no memory is mapped. */
    private static final long STACK_END = 0x60_0000;

    /** Long mode, with memory mapped from 0 to 4 and from 6 to 8 MiB, ticks at vector 0x20, and an interrupt stack for double faults. */
    private static final String START = """
            mov dword ptr [0x200000], 0x201003
            mov dword ptr [0x201000], 0x202003
            mov dword ptr [0x202000], 0x000083
            mov dword ptr [0x202008], 0x200083
            mov dword ptr [0x202018], 0x600083
            lgdt [gdtr]
            mov eax, cr4
            or eax, 0x20
            mov cr4, eax
            mov eax, 0x200000
            mov cr3, eax
            mov ecx, 0xc0000080
            rdmsr
            or eax, 0x100
            wrmsr
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
            .byte 0xea
            .long long_mode
            .word 8
            gdt: .quad 0, 0x00209b0000000000, 0x00cf93000000ffff, 0x0000892030000067, 0
            gdtr: .word 0x27
                  .long gdt
            idtr: .word 0x2ff
                  .quad 0x204000
            ticks: .long 0
            flag: .long 0
            .code64
            on_fault: iretq
            succeed:
              mov al, 0x10
              out 0xf4, al
            long_mode:
              mov eax, 0x10
              mov ss, eax
              mov ds, eax
              mov es, eax
              mov eax, 0x18
              ltr ax
              mov esp, 0x280000
              mov dword ptr [0x203024], 0x290000
              xor ecx, ecx
              mov edx, 0x204000
            gates:
              mov eax, offset on_fault
              xor ebx, ebx
              cmp ecx, 8
              jne no_double_fault
              mov eax, offset on_double_fault
              mov ebx, 1
            no_double_fault:
              cmp ecx, 0x20
              jb gate
              mov eax, offset on_tick
            gate:
              mov word ptr [rdx], ax
              mov word ptr [rdx + 2], 8
              mov byte ptr [rdx + 4], bl
              mov byte ptr [rdx + 5], 0x8e
              shr eax, 16
              mov word ptr [rdx + 6], ax
              add edx, 16
              inc ecx
              cmp ecx, 0x30
              jb gates
              lidt [idtr]
              mov al, 0x11
              out 0x20, al
              mov al, 0x20
              out 0x21, al
              mov al, 4
              out 0x21, al
              mov al, 1
              out 0x21, al
              mov al, 0xfe
              out 0x21, al
              jmp begin
            on_tick:
              push rax
              inc dword ptr [ticks]
              mov al, 0x20
              out 0x20, al
              pop rax
              iretq
            """;
    private static final String UNUSED_DOUBLE_FAULT = "on_double_fault: jmp on_double_fault\n";
    /** Calls itself until the stack is full. */
    private static final String OVERFLOW = "begin: mov esp, 0x600100\nrecurse: call recurse\n";

    private static Ending watch(String program) {
        try (Machine machine = GuestCode.open(START + program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static Verdict verdict(String program) {
        Ending ending = watch(program);
        assertThat(ending).isInstanceOf(Ending.Hung.class);
        return ((Ending.Hung) ending).verdict();
    }

    @Test
    void anIdleKernelWhoseTickOnlyCountsMakesNoProgress() {
        assertThat(verdict(UNUSED_DOUBLE_FAULT + "begin: sti\nidle: hlt\njmp idle\n")).isInstanceOfSatisfying(Verdict.NoProgress.class, waits -> {
            assertThat(waits.period()).isPresent();
            assertThat(waits.masked()).singleElement().satisfies(masked -> assertThat(masked.why()).startsWith("it grows by 1 "));
        });
    }

    @Test
    void aSpinWithInterruptsOnThatTheTickDoesNotEndIsDead() {
        assertThat(verdict(UNUSED_DOUBLE_FAULT + "begin: sti\nwait: cmp dword ptr [flag], 0\nje wait\njmp succeed\n"))
                .isInstanceOfSatisfying(Verdict.DeadSpin.class,
                        spin -> assertThat(spin.loops()).singleElement().satisfies(loop -> assertThat(loop.instructions()).hasSize(2)));
    }

    @Test
    void aSleepOfTenSecondsIsNoHang() {
        assertThat(watch(UNUSED_DOUBLE_FAULT + "begin: sti\nidle: hlt\ncmp dword ptr [ticks], 182\njb idle\njmp succeed\n"))
                .isEqualTo(new Ending.Ended(SUCCESS));
    }

    @Test
    void aHaltInTheHandlerOfADoubleFaultSaysThatTheStackHasNoMemoryLeft() {
        Verdict verdict = verdict("on_double_fault: hlt\njmp on_double_fault\n" + OVERFLOW);

        assertThat(verdict).isInstanceOf(Verdict.DeadHalt.class);
        assertThat(verdict.sentence()).contains("after a double fault at 0x").endsWith("where the stack at 0x600000 is not mapped");
        assertThat(verdict.cpus()).singleElement().extracting(CpuPlace::doubleFault).satisfies(found -> assertThat(found).hasValueSatisfying(fault -> {
            assertThat(fault.rsp()).isEqualTo(STACK_END);
            assertThat(fault.stackMapped()).isFalse();
            assertThat(fault.first()).isEqualTo(Vector.PAGE_FAULT);
            assertThat(fault.second()).isEqualTo(Vector.PAGE_FAULT);
            assertThat(fault.cr2()).isEqualTo(STACK_END - 8);
        }));
    }

    @Test
    void aSpinInAFunctionThatTheHandlerOfADoubleFaultCallsSaysSoToo() {
        Verdict verdict = verdict("on_double_fault: call panic\npanic: push rax\nforever: pause\njmp forever\n" + OVERFLOW);

        assertThat(verdict).isInstanceOf(Verdict.DeadSpin.class);
        assertThat(verdict.sentence()).contains("after a double fault at 0x").endsWith("where the stack at 0x600000 is not mapped");
    }

    /** #GP, whose gate is not present. */
    private static final String FAULT_IN_A_FAULT = "begin: mov byte ptr [0x2040d5], 0x0e\nmov eax, 0x7f\nmov ds, eax\n";

    @Test
    void aDoubleFaultWithAGoodStackIsNoStackOverflow() {
        Verdict verdict = verdict("on_double_fault: hlt\n" + FAULT_IN_A_FAULT);

        assertThat(verdict.sentence()).contains("after a double fault at 0x").doesNotContain("not mapped");
        assertThat(verdict.cpus().getFirst().doubleFault()).hasValueSatisfying(fault -> {
            assertThat(fault.first()).isEqualTo(Vector.GENERAL_PROTECTION);
            assertThat(fault.second()).isEqualTo(Vector.SEGMENT_NOT_PRESENT);
        });
    }

    @Test
    void aDoubleFaultThatTheKernelRecoveredFromIsNotBlamed() {
        assertThat(verdict("on_double_fault: mov esp, 0x280000\nhlt\n" + FAULT_IN_A_FAULT).sentence()).doesNotContain("double fault");
    }

    @Test
    void aMachineThatGoesBackForgetsADoubleFaultThatDidNotComeYet() {
        try (Machine machine = GuestCode.open(START + "on_double_fault: hlt\n" + OVERFLOW, SLOW)) {
            Snapshot before = machine.snapshot();
            machine.run(new RunLimits(LIMIT));
            Snapshot behind = machine.snapshot();
            DoubleFault fault = machine.cpus().getFirst().counts().doubleFault().orElseThrow();

            machine.restore(before);
            assertThat(machine.cpus().getFirst().counts().doubleFault()).isEmpty();
            machine.restore(behind);
            assertThat(machine.cpus().getFirst().counts().doubleFault()).hasValue(fault);
        }
    }
}
