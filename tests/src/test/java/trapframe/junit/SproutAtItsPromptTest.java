package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;

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
}
