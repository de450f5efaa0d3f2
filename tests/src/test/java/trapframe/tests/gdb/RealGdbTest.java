package trapframe.tests.gdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

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

    /** Those that run, those that wait for their turn, and those that wait for each other, each with where it is. */
    @Test
    void showsTheStacksOfAllTasks() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("run=\"ls\"", 1)) {
            String output = GdbSession.gdb(machine, "monitor where", "break syscall_dispatch", "continue", "monitor where");

            assertThat(output).contains("CPU 0, ACTIVE, ring 0, interrupts off\n", "no tasks (yet): the guest has no memory at ",
                    "interrupts on, task 70 (selftest), TASK_RUNNING\n", "task 0 (main), TASK_JOINING, waits in kernel's children at 0x",
                    "process_wait at ", "stages_run at ", "task 1 (idle), TASK_READY\n", "idle at ", "task_entry at ");
        }
    }

    /** It comes at once, is taken like the timer's, and comes again when time goes back and on. Steps run over its handler or into it, as they are told. */
    @Test
    void anInjectedInterruptComesWhereItIsAskedFor() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "monitor inject 0x20", "break task_create", "continue", "continue", "delete", "monitor position", "monitor inject 0x20",
                    "break irq_dispatch", "continue", "monitor position", "reverse-stepi 200", "continue", "monitor position", "monitor inject 3",
                    "monitor inject 32 7", "monitor inject seven", "monitor inject", "delete", "reverse-stepi 200", "monitor snapshot before",
                    "monitor irq mask", "stepi 190", "echo masked\\n", "bt", "monitor restore before", "maintenance flush register-cache", "monitor irq deliver",
                    "stepi 190", "echo delivered\\n", "bt", "monitor irq sometimes");

            assertThat(output).contains("requested of CPU 0\n", "Breakpoint 2, irq_dispatch (irq=0)", "no unmasked, edge-triggered input of the 8259s that CPU 0 listens to "
                    + "has vector 3, and ", "this machine can have no such input", "\"seven\" is no number", "inject needs a vector");
            List<Long> positions = output.lines().filter(line -> line.startsWith("position ")).map(line -> Long.parseLong(line.split("[ ,]")[1])).toList();
            assertThat(positions.get(1) - positions.get(0)).isBetween(1L, 2_000L);
            assertThat(positions.get(2)).isEqualTo(positions.get(1));
            int delivered = output.indexOf("\ndelivered\n");
            assertThat(output.substring(output.indexOf("\nmasked\n"), delivered)).contains("in task_create (").doesNotContain("<signal handler called>");
            assertThat(output.substring(delivered)).contains("in trap_dispatch (", "<signal handler called>", "irq mask, or irq deliver");
        }
    }

    @Test
    void goesBackToWhoWroteAndForwardsAgain() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue", "delete", "watch tasks[3].state", "continue", "continue",
                    "monitor position", "reverse-continue", "bt 1", "reverse-continue", "bt 1", "continue", "continue", "monitor position",
                    "delete", "reverse-continue");

            assertThat(output).contains("Old value = TASK_RUNNING\nNew value = TASK_READY\nchoose_next (", "Old value = TASK_READY\nNew value = TASK_FREE",
                    "No more reverse-execution history.\npvh_start () at ");
            assertThat(output.lines().filter(line -> line.startsWith("position "))).hasSize(2).doesNotContainNull()
                    .satisfies(lines -> assertThat(lines.getFirst()).isEqualTo(lines.getLast()));
        }
    }

    @Test
    void stepsAThousandInstructionsBackAndForwardsToTheSameState() throws IOException, InterruptedException {
        String expected;
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            GdbSession.gdb(machine, "break sched_switch", "continue");
            expected = machine.stateHash();
        }
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break sched_switch", "continue", "monitor position", "reverse-stepi 1000", "stepi 1000",
                    "monitor position");

            assertThat(output.lines().filter(line -> line.startsWith("position ")).distinct()).hasSize(1);
            assertThat(machine.stateHash()).isEqualTo(expected);
        }
    }

    @Test
    void reverseFinishAndReverseNextEndWhereTheFunctionWasCalled() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue", "next", "reverse-next", "reverse-finish", "x/i $pc",
                    "monitor last-write tasks", "monitor snapshot before", "monitor goto 100000", "monitor restore before", "monitor snapshot", "monitor goto 0",
                    "maintenance flush register-cache", "info registers rip");

            assertThat(output).contains("call ", "task_create", " writes it at 0x", "sched_init at ", "before: position ", "<pvh_start>");
        }
    }

    @Test
    void beginsAgainInExtendedModeAndKnowsAllKindsOfBreakpoints() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue",
                    "monitor position", "set remote exec-file sprout.elf", "run", "continue", "monitor position", "delete", "tbreak irq_dispatch",
                    "continue", "hbreak sched_switch", "rwatch sched_lock.next", "continue", "delete 4", "continue", "x/2xg 0");

            assertThat(output).contains("Temporary breakpoint 2, irq_dispatch", "Hardware read watchpoint 4", "Value = ", "Breakpoint 3, sched_switch",
                    "Cannot access memory at address 0x0");
        }
    }

    @Test
    void switchesBetweenFourProcessors() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 4)) {
            String output = GdbSession.gdb(machine, "info threads", "break task_create", "continue", "delete", "break sched_switch if $_thread == 3",
                    "continue", "info threads", "thread 3", "bt 1", "stepi", "stepi", "reverse-stepi", "print $_thread", "thread 1", "thread apply all bt 1");

            assertThat(output).contains("Thread 4 \"CPU 3\" (waiting for a start-up message)", "[Switching to thread 3", "Thread 4 (Thread 4 \"CPU 3\"");
            assertThat(output).containsPattern("\\* 3 +Thread 3 \"CPU 2\" \\(running\\) sched_switch");
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
            Timeline timeline = GdbSession.debug(machine, "stepi 200", "break task_create", "break sched_switch", "continue", "next", "step", "finish", "x/64xb $sp",
                    "info registers", "bt", "continue", "watch sched_lock.next", "continue", "reverse-continue", "reverse-stepi 20", "monitor goto 1000000",
                    "continue", "detach").timeline();

            assertThat(timeline.run(GdbSession.LIMITS.position())).isEqualTo(new Stop.End(new StopReason.GuestExit(0x10, true)));
            assertThat(machine.stateHash()).isEqualTo(expected);
        }
    }

    @Test
    void writesMemoryAndRegistersAndRefusesWhatCannotBe() throws IOException, InterruptedException {
        try (Machine machine = GdbSession.sprout("test=kthread", 1)) {
            String output = GdbSession.gdb(machine, "break task_create", "continue", "set var sched_lock.next = 77", "print sched_lock.next",
                    "set $rbx = 0x1234", "print/x $rbx", "set $cr0 = 0", "set $cs = 0x33", "set $cr3 = 1UL << 63",
                    "set $mxcsr = 0xffffffff", "set $cr3 = $cr3", "set $cr2 = 0x5000", "print $cr2", "set $mxcsr = 0x1fa0", "print/x $mxcsr & 0xffff",
                    "set $xmm7.uint128 = 0x123456789abcdef", "print/x $xmm7.v2_int64", "set $st2 = 1.5", "print $st2", "set $fctrl = 0x27f", "print/x $fctrl",
                    "reverse-stepi", "stepi", "print/x $xmm7.v2_int64[0]", "set var *(int *)8 = 1", "print $_siginfo");

            assertThat(output).contains("$1 = 77", "$2 = 0x1234", "Could not write register \"cr0\"", "Could not write register \"cs\"",
                    "Could not write register \"cr3\"", "Could not write register \"mxcsr\"", "$3 = 20480", "$4 = 0x1fa0", "$5 = {0x123456789abcdef, 0x0}", "$6 = 1.5",
                    "$7 = 0x27f", "$8 = 0x123456789abcdef", "Cannot access memory at address 0x8");
        }
    }
}
