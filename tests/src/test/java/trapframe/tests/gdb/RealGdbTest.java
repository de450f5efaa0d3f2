package trapframe.tests.gdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/** What a kernel developer does in a real gdb. */
class RealGdbTest {
    @Test
    void breaksAtALineAndShowsSourceLinesAcrossAnInterruptFrame() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break irq_dispatch", "continue", "bt", "info locals", "up", "print frame->vector",
                    "break task_create", "delete 1", "continue", "next", "step", "finish");

            assertThat(output).contains("Breakpoint 1, irq_dispatch (irq=0) at ", "in trap_dispatch (frame=0x", "<signal handler called>",
                    "uart16550_interrupt_works () at ", "$1 = 32", "Breakpoint 2, task_create (name=", "spin_lock_irqsave (lock=",
                    "Value returned is");
        }
    }

    @Test
    void watchesAVariableAndSaysWhoWrites() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue", "delete", "watch tasks[3].state", "continue", "continue", "bt 1");

            assertThat(output).contains("Old value = TASK_FREE\nNew value = TASK_READY", "sched_make_ready (task=", "Old value = TASK_READY\n"
                    + "New value = TASK_RUNNING");
        }
    }

    @Test
    void followsTheProcessorFromItsFirstInstructionThroughEveryMode() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("run=\"ls\"", 1)) {
            String output = GdbSession.gdb(machine, "print/x $cr0", "print/x $efer", "stepi", "x/i $pc", "break task_create", "continue",
                    "print/x $efer", "print $cs", "break syscall_dispatch", "delete 1", "continue", "bt 1", "monitor position", "monitor gdt",
                    "monitor tlb $pc", "monitor where", "monitor nonsense");

            assertThat(output).contains("pvh_start () at ", "$1 = 0x11", "$2 = 0x0", "$3 = 0xd00", "64-bit code", "page of 4 KiB",
                    "CPU 0, ACTIVE, ring 0", "no such command: nonsense (monitor help lists them)");
        }
    }

    /** Steps, stops, watches and looks, and is then the run that nobody looked at. */
    @Test
    void leavesTheRunAsItIs() throws IOException, InterruptedException {
        String expected;
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            assertThat(machine.run(GdbSession.LIMITS)).isInstanceOf(StopReason.GuestExit.class);
            expected = machine.stateHash();
        }
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            GdbSession.gdb(machine, "stepi 200", "break task_create", "break sched_switch", "continue", "next", "step", "finish", "x/64xb $sp",
                    "info registers", "bt", "continue", "watch ticks", "stepi 50", "detach");

            assertThat(machine.run(GdbSession.LIMITS)).isInstanceOf(StopReason.GuestExit.class);
            assertThat(machine.stateHash()).isEqualTo(expected);
        }
    }

    @Test
    void writesMemoryAndRegistersAndRefusesWhatCannotBe() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue", "set var sched_lock.next = 77", "print sched_lock.next",
                    "set $rbx = 0x1234", "print/x $rbx", "set $cr3 = 0", "set var *(int *)8 = 1", "print $_siginfo");

            assertThat(output).contains("$1 = 77", "$2 = 0x1234", "Could not write register", "Cannot access memory at address 0x8");
        }
    }
}
