package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.Value;
import trapframe.tests.SproutPhases.End;
import trapframe.tests.SproutVariants.Row;

/** How the variants of Sprout end where they end badly: as VARIANTS.md says, seen from outside. */
class SproutSymptomsTest {
    private static final int PHASES = 200;
    private static final long RFLAGS_IF = 1 << 9;
    private static final int MAX_FRAMES = 64;
    private static final long TENTH_OF_SECOND = 100_000_000;

    /** A machine at the end of a run that did not end well. */
    private record BadEnd(End end, Machine machine, List<String> console, KernelSymbols symbols, MemoryView memory) {
        Value value(String expression) {
            return symbols.value(expression, memory);
        }

        List<Value> tasks(String state) {
            return value("tasks").elements().stream().filter(task -> task.member("state").constant().equals(Optional.of(state))).toList();
        }

        List<String> names(String state) {
            return tasks(state).stream().map(task -> task.member("name").string()).toList();
        }

        /** The names of the wait queues in which tasks sleep. */
        List<String> queuesOfSleepers() {
            return tasks("TASK_SLEEPING").stream().map(task -> task.member("waiting_in")).filter(queue -> !queue.isNull())
                    .map(queue -> queue.target().member("name").string()).toList();
        }

        boolean isIdle() {
            return value("cpus[0].current").number() == value("cpus[0].idle").number();
        }

        boolean interruptsAreOn() {
            return (cpu().rflags() & RFLAGS_IF) != 0;
        }

        /** The functions on the stack, the one that runs first, inlined ones as well. */
        List<String> functions() {
            return symbols.unwinder(memory).backtrace(FrameRegisters.of(cpu().rip(), cpu().registers()), MAX_FRAMES).frames().stream()
                    .flatMap(frame -> symbols.lineAt(frame.address()).stream()).map(SourceFrame::function).toList();
        }

        private CpuSnapshot cpu() {
            return machine.cpus().getFirst().snapshot();
        }
    }

    private interface Check {
        void of(BadEnd end);
    }

    private static void whereItEndsBadly(String name, Check check) {
        Row row = SproutVariants.variants().stream().filter(variant -> variant.name().equals(name)).findFirst().orElseThrow();
        KernelSymbols symbols = KernelSymbols.open(SproutBoot.IMAGE.resolveSibling(row.image()));
        List<Long> phases = SproutPhases.phases(PHASES);
        // Each phase once, neighbours, which are alike, far from each other.
        boolean found = Stream.iterate(0, i -> i + 37).limit(PHASES).anyMatch(i -> SproutPhases.boot(row, phases.get(i % PHASES), (end, verdict, machine, console) -> {
            if (end != End.WELL) {
                check.of(new BadEnd(end, machine, console.lines().toList(), symbols, machine.cpus().getFirst()::look));
            }
            return end != End.WELL;
        }));
        assertThat(found).isTrue();
    }

    @Test
    void logInSwitchSpinsInTheSwitchForTheLockOfATaskThatCannotRun() {
        whereItEndsBadly("log-in-switch", end -> {
            assertThat(end.functions()).containsSubsequence("spin_lock", "master_kernel_pml4", "switch_to_kernel_page_table",
                    "setup_kernel_thread_return", "switch_to_thread", "sched_switch", "check_need_resched_and_switch", "trap_dispatch");
            assertThat(end.interruptsAreOn()).isFalse();
            assertThat(end.value("log_lock.holder").target().member("state").constant()).contains("TASK_READY");
        });
    }

    @Test
    void irqUnsafeLockSpinsInTheHandlerForTheLockOfTheInterruptedTask() {
        whereItEndsBadly("irq-unsafe-lock", end -> {
            assertThat(end.functions()).containsSubsequence("spin_lock", "handle_timer", "irq_dispatch", "trap_dispatch", "task_create");
            assertThat(end.interruptsAreOn()).isFalse();
            assertThat(end.value("sched_lock.next").number()).isEqualTo(end.value("sched_lock.serving").number() + 2);
        });
    }

    @Test
    void abbaLeavesWorkersInTheQueuesOfTwoMutexes() {
        whereItEndsBadly("abba", end -> {
            assertThat(end.isIdle()).isTrue();
            assertThat(end.queuesOfSleepers()).contains("account 0", "account 1");
        });
    }

    @Test
    void lostWakeupLeavesATaskInTheQueueOfASemaphoreThatIsNotZero() {
        whereItEndsBadly("lost-wakeup", end -> {
            assertThat(end.isIdle()).isTrue();
            assertThat(Stream.of("token_there", "token_back").map(end::value)).anyMatch(semaphore ->
                    semaphore.member("count").number() > 0 && end.queuesOfSleepers().contains(semaphore.member("waiting").member("name").string()));
        });
    }

    @Test
    void refcountRaceFreesMemoryTwice() {
        whereItEndsBadly("refcount-race", end -> assertThat(end.console()).anyMatch(line -> line.matches("panic: kfree\\(0x\\p{XDigit}+\\): not in use"))
                .anyMatch(line -> line.contains("worker_main")));
    }

    @Test
    void joinRaceWaitsForATaskThatHasExited() {
        whereItEndsBadly("join-race", end -> {
            assertThat(end.names("TASK_JOINING")).containsExactly("main");
            assertThat(end.tasks("TASK_EXITED")).anyMatch(task -> task.member("joiner").number() == end.value("tasks[0]").address());
        });
    }

    @Test
    void recvWakesCallerFreezesTheSecondLs() {
        whereItEndsBadly("recv-wakes-caller", end -> {
            assertThat(end.console()).endsWith("Sprout: all stages passed", ".", "bin/", "disk/", "hello.txt", ".");
            assertThat(end.names("TASK_REPLY_BLOCKED")).containsExactly("ls");
            assertThat(end.names("TASK_RECV_BLOCKED")).containsExactly("vfs");
        });
    }

    @Test
    void preemptInReplyLeavesACallerWithoutAnybodyWhoWillReply() {
        whereItEndsBadly("preempt-in-reply", end -> {
            assertThat(end.console()).filteredOn(line -> line.startsWith("===")).last().isIn("=== Rendezvous ===", "=== VFS ===");
            assertThat(end.tasks("TASK_REPLY_BLOCKED")).anyMatch(task -> task.member("rendezvous").member("calls").number() == 0);
        });
    }

    @Test
    void missingEoiLetsNoTimerInterruptThroughAnyMore() {
        whereItEndsBadly("missing-eoi", end -> {
            assertThat(end.console()).last().asString().startsWith("[stage 15] kernel tasks ... ").doesNotEndWith("ok");
            long interrupts = end.machine().cpus().getFirst().counts().interrupts();
            end.machine().run(new RunLimits(end.machine().clock().position() + TENTH_OF_SECOND));
            assertThat(end.machine().cpus().getFirst().counts().interrupts()).isEqualTo(interrupts);
        });
    }

    @Test
    void stiHltGapSleepsWithWorkToDo() {
        whereItEndsBadly("sti-hlt-gap", end -> {
            assertThat(end.isIdle()).isTrue();
            assertThat(end.functions()).contains("idle");
            assertThat(end.value("cpus[0].run_queue.first").target().member("state").constant()).contains("TASK_READY");
        });
    }

    @Test
    void nestedTimerStackOverflowsIntoTheGuardPages() {
        whereItEndsBadly("nested-timer-stack", end -> {
            assertThat(end.console())
                    .containsSubsequence("trap 8 #DF (double fault), error code 0x0", "  on stack \"idle\", which overflowed into its guard pages");
            assertThat(end.machine().cpus().getFirst().counts().doubleFault())
                    .hasValueSatisfying(fault -> assertThat(fault.stackMapped()).isFalse());
        });
    }

    @Test
    void staleTlbGivesAProgramMemoryThatIsNotEmpty() {
        whereItEndsBadly("stale-tlb", end -> assertThat(end.console()).contains("  memory_comes_back_empty_beside_threads: FAILED"));
    }
}
