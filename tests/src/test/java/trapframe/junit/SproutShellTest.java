package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What README shows: boots, checks five stages, and lets each test go on from the shell's prompt. */
@BootImage(memory = "16M", fail = "panic:")
@Stages({
    @Stage(name = "console", shows = "[stage 1] serial console ... ok", within = "5ms"),
    @Stage(name = "memory", shows = "[stage 9] memory protection ... ok", within = "20ms"),
    @Stage(name = "interrupts", shows = "[stage 13] interrupts ... ok", within = "60ms"),
    @Stage(name = "processes", shows = "[stage 20] processes ... ok", within = "250ms"),
    @Stage(name = "shell", shows = "/ # ", within = "50ms"),
})
class SproutShellTest {
    @Test
    void bootsThroughItsStages(Guest guest) {
        guest.boot();
        assertThat(guest).hasValue("cpu_count", 1).hasNotShown("FAILED");
    }

    @Test
    @FromStage("shell")
    void lsListsTheRoot(Guest guest) {
        guest.type("ls\n").expect("bin", "hello.txt", "/ # ");
    }

    @Test
    @FromStage("shell")
    void aProgramThatWritesToItsCodeIsEnded(Guest guest) {
        guest.type("crash write-code\n").expectMatch("fault: process \\d+ \\(crash\\): #PF");
        guest.expect("crash: ended by fault 14", "/ # ");
    }
}
