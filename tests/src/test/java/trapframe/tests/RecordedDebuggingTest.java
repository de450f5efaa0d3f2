package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that a real gdb had its hands in, recorded and replayed by the command. */
class RecordedDebuggingTest {
    @TempDir
    Path folder;

    private DebuggedBoot boot;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
    }

    @AfterEach
    void end() {
        if (boot != null) {
            boot.close();
        }
    }

    private Launcher.Result replay(String recording) throws IOException, InterruptedException {
        return Launcher.run(folder, Map.of(), Launcher.PATH, "replay", folder.resolve(recording).toString(), "--verify", "--stats");
    }

    private static String hash(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("trapframe: state hash ")).findFirst().orElseThrow();
    }

    @Test
    void whatADebuggerWroteIsInTheRecordingAndTheReplayEndsTheSame() throws Exception {
        boot = new DebuggedBoot(folder, "--record", "run.recording", "--append", "test=kthread", "--stats");

        String output = boot.gdb("break task_create", "continue", "monitor record", "set $r11 = 0x1234", "continue", "reverse-continue",
                "reverse-stepi", "set var 'sched/task.c'::next_id = 40", "monitor record half.recording", "monitor record half.recording",
                "delete", "continue", "detach");
        List<String> end = boot.ends();

        assertThat(output).contains("the run is being recorded to run.recording; 0 inputs so far", "written to half.recording",
                "half.recording: is there already", "the guest succeeded");
        Launcher.Result whole = replay("run.recording");
        assertThat(whole.exitCode()).as(whole.errors()).isZero();
        assertThat(whole.errors()).contains("as recorded; ", "state hashes were compared, and equal");
        assertThat(hash(whole.errors().lines().toList())).isEqualTo(hash(end));
        assertThat(hash(end)).isNotEqualTo(hash(undisturbed()));
        assertThat(replay("half.recording").errors()).contains("the guest was recorded up to here, at position ", "as recorded; ");
    }

    private List<String> undisturbed() throws IOException, InterruptedException {
        return Launcher.run(folder, Map.of(), Launcher.PATH, "boot", "--append", "test=kthread", "--stats").errors().lines().toList();
    }

    @Test
    void aRunThatIsLeftInThePastIsRecordedAsFarAsItWent() throws Exception {
        boot = new DebuggedBoot(folder, "--record", "run.recording", "--append", "test=kthread", "--until", "symbol:task_create");

        String output = boot.gdb("continue", "monitor goto 1000000", "kill");
        boot.ends();

        assertThat(output).contains("the guest reached the symbol of --until");
        assertThat(replay("run.recording").errors()).contains("the guest was left, at position ", "as recorded; ");
    }

    @Test
    void aProcessThatIsKilledLeavesTheRunUpToThere() throws Exception {
        boot = new DebuggedBoot(folder, "--record", "run.recording", "--append", "test=kthread");
        boot.gdb("monitor goto 20000000", "detach");
        boot.kill();

        assertThat(replay("run.recording").errors()).contains("the recording breaks off at position ", "compared, and equal");
    }

    @Test
    void aRunEndsBeforeTheSymbolThatItIsToReach() throws Exception {
        Launcher.Result recorded = Launcher.run(folder, Map.of(), Launcher.PATH, "boot", "--record", folder.resolve("run.recording").toString(),
                "--append", "test=kthread", "--until", "symbol:task_create");

        assertThat(recorded.exitCode()).as(recorded.errors()).isZero();
        assertThat(recorded.errors()).contains("the guest reached the symbol of --until");
        assertThat(replay("run.recording").errors()).contains("the guest reached the symbol of --until", "as recorded; ");
    }
}
