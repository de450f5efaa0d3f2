package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import trapframe.cpu.Activity;
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
import trapframe.tests.timeline.LongModeGuest;

/** What is proved of 64-bit guests: frames of ticks are others there, and a double fault has a stack of its own. */
class LongModeHangTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);
    /** Below it no memory is mapped. */
    private static final long STACK_END = 0x60_0000;

    private static final String START = LongModeGuest.START + LongModeGuest.TICK;
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
            assertThat(waits.cpus()).as("not where a tick found it").singleElement().satisfies(place -> {
                assertThat(place.activity()).isEqualTo(Activity.HLT);
                assertThat(place.interruptsOn()).isTrue();
            });
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
