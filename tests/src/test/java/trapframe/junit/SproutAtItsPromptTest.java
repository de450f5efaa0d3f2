package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What can be looked at in a guest that stands still: here Sprout, whose shell waits for a command. */
@BootImage(memory = "16M", fail = "panic:")
@Stages({@Stage(name = "heap", symbol = "stage_heap"), @Stage(name = "shell", shows = "/ # ")})
@FromStage("shell")
@Execution(ExecutionMode.CONCURRENT)
class SproutAtItsPromptTest {
    @Test
    void hasNoPageThatIsWritableAndExecutable(Guest guest) {
        assertThat(guest).hasPage("kernel_main", "r-x-").hasPage("tasks", "rw--").hasNoPage("0x0")
                .hasNoWritableExecutablePages().hasNoUserPagesInTheUpperHalf();
    }

    @Test
    void hasItsTasksWhereTheyWait(Guest guest) {
        guest.runFor("20ms");
        assertThat(guest).hasTask("idle", "TASK_RUNNING").hasTask("init", "TASK_JOINING").hasFree("sched_lock");
    }

    @Test
    void holdsTheSchedulersLockInASwitch(Guest guest) {
        guest.type("ls\n").runTo("switch_to_thread");
        assertThat(guest).hasHeld("sched_lock").hasRegister("rip", guest.address("switch_to_thread"));
    }

    @Test
    void countsWhatCame(Guest guest) {
        assertThat(guest).hasInterrupts("irq00", 10).hasExceptions("#DE", 1).hasReached("heap", "shell");
        assertThat(guest.value("cpus[0].current->name").string()).isNotEmpty();
    }

    @Test
    void isNotWhatItIsNot(Guest guest) {
        refuses("the page of kernel_main is r-x-, not rwx-", () -> assertThat(guest).hasPage("kernel_main", "rwx-"));
        refuses("the page of 0x0 is not mapped, not rw--", () -> assertThat(guest).hasPage("0x0", "rw--"));
        assertThatThrownBy(() -> assertThat(guest).hasNoPage("kernel_main")).isInstanceOf(AssertionError.class).message()
                .matches("kernel_main is mapped: 0x[0-9a-f]+ to 0x[0-9a-f]+ r-x- at 0x[0-9a-f]+");
        refuses("task init is in state TASK_JOINING, not in state TASK_READY", () -> assertThat(guest).hasTask("init", "TASK_READY"));
        refuses("task cron is not there, not in state TASK_READY", () -> assertThat(guest).hasTask("cron", "TASK_READY"));
        refuses("sched_lock is free", () -> assertThat(guest).hasHeld("sched_lock"));
        refuses("cpu_count is 1, not 2", () -> assertThat(guest).hasValue("cpu_count", 2));
        refuses("irq05 came 0 times, not 1", () -> assertThat(guest).hasInterrupts("irq05", 1));
        refuses("#DE came 1 times, not 0", () -> assertThat(guest).hasExceptions("#DE", 0));
        refuses("the guest has reached the stages [heap, shell], not [heap]", () -> assertThat(guest).hasReached("heap"));
        refuses("the guest has not shown \"/ $ \"", () -> assertThat(guest).hasShown("/ $ "));
        refuses("the guest has shown \"/ # \"", () -> assertThat(guest).hasNotShown("/ # "));
        guest.type("ls\n").runTo("switch_to_thread");
        assertThatThrownBy(() -> assertThat(guest).hasFree("sched_lock")).isInstanceOf(AssertionError.class).hasMessageStartingWith("sched_lock is held");
    }

    @Test
    @BootImage(memory = "16M")
    @Stages(@Stage(name = "entry", symbol = "enter_long_mode"))
    @FromStage("entry")
    void hasNoUpperHalfBeforeLongMode(Guest guest) {
        assertThat(guest.mappings()).isEmpty();
        refuses("the guest is not in long mode, and no half of its address space is the kernel's: see mappings()",
                () -> assertThat(guest).hasNoUserPagesInTheUpperHalf());
    }

    private static void refuses(String message, ThrowingCallable assertion) {
        assertThatThrownBy(assertion).isInstanceOf(AssertionError.class).hasMessage(message);
    }
}
