package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trapframe gdb}, as a script uses it. */
class GdbCommandTest {
    @TempDir
    Path folder;

    private String session;

    @BeforeEach
    void needGdb() throws InterruptedException {
        Launcher.assumeBuilt();
        try {
            assertThat(new ProcessBuilder("gdb", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor()).isZero();
        } catch (IOException e) {
            Assumptions.abort("gdb is not installed");
        }
        session = "test-" + folder.getFileName();
    }

    @AfterEach
    void stop() throws Exception {
        gdb("stop");
    }

    private Launcher.Result gdb(String command, String... arguments) throws IOException, InterruptedException {
        String[] all = new String[arguments.length + 4];
        System.arraycopy(new String[] {"gdb", command, "--session", session}, 0, all, 0, 4);
        System.arraycopy(arguments, 0, all, 4, arguments.length);
        return Launcher.run(folder, Map.of(), Launcher.PATH, all);
    }

    @Test
    void aSessionStaysBetweenCommandsAndPrintsWhatGdbPrints() throws Exception {
        assertThat(gdb("start", "--append", "test=kthread").errors()).startsWith("trapframe: gdb session " + session + ": the machine waits");
        assertThat(gdb("cmd", "break irq_dispatch").output()).startsWith("Breakpoint 1 at 0x");
        assertThat(gdb("cmd", "continue").output()).contains("Breakpoint 1, irq_dispatch (");
        assertThat(gdb("cmd", "bt").output()).contains("<signal handler called>");
        assertThat(gdb("cmd", "print sizeof(TRACE)").output()).startsWith("$1 = ");
        Launcher.Result refused = gdb("cmd", "nonsense");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).startsWith("Undefined command: \"nonsense\"");
        assertThat(gdb("start").errors()).startsWith("trapframe: the gdb session " + session + " runs already");
        assertThat(gdb("stop").exitCode()).isZero();
        assertThat(gdb("cmd", "bt").errors()).startsWith("trapframe: there is no gdb session " + session + " (");
    }

    @Test
    void aBadImageIsSaidInOneLineAndLeavesNoSession() throws Exception {
        Launcher.Result result = gdb("start", "no-such-kernel");

        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.errors().lines()).containsExactly("trapframe: no-such-kernel: no such file");
        assertThat(gdb("cmd", "bt").exitCode()).isEqualTo(2);
    }

    @Test
    void aMachineThatDoesNotStopIsInterruptedWhenTheTimeIsUp() throws Exception {
        assertThat(gdb("start", "--append", "test=kthread", "--limit", "1000000s").exitCode()).isZero();
        gdb("cmd", "break task_create");
        gdb("cmd", "continue");
        gdb("cmd", "delete");
        gdb("cmd", "set var *(char *)$pc = 0xeb");
        gdb("cmd", "set var *((char *)$pc + 1) = 0xfe");

        Launcher.Result waited = gdb("cmd", "--timeout", "2", "continue");

        assertThat(waited.exitCode()).as(waited.errors()).isEqualTo(4);
        assertThat(waited.errors()).startsWith("trapframe: the machine did not stop within 2 s");
        assertThat(gdb("cmd", "x/i $pc").output()).contains("jmp");
    }

    @Test
    void aSessionWhoseProcessIsGoneIsCleanedAway() throws Exception {
        assertThat(gdb("start").exitCode()).isZero();
        ProcessHandle keeper = ProcessHandle.allProcesses().filter(process -> process.info().commandLine().orElse("").contains("gdb keep --session " + session))
                .findFirst().orElseThrow();
        keeper.destroyForcibly();
        assertThat(keeper.onExit().get(1, TimeUnit.MINUTES).isAlive()).isFalse();

        assertThat(gdb("cmd", "bt").errors()).startsWith("trapframe: there is no gdb session " + session + " any more: its process is gone");
        assertThat(Files.exists(Path.of(System.getProperty("trapframe.root"), ".cache", "gdb", session))).isFalse();
    }
}
