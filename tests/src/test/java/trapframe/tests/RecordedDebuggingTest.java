package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that a real gdb had its hands in, recorded and replayed by the command. */
class RecordedDebuggingTest {
    private static final String LISTENING = "trapframe: gdb: listening on 127.0.0.1:";

    @TempDir
    Path folder;

    private Process boot;
    private BufferedReader said;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
    }

    @AfterEach
    void end() {
        if (boot != null) {
            boot.destroyForcibly();
        }
    }

    /** Boots with a debugger awaited, and returns the port. */
    private int boot(String... options) throws IOException {
        List<String> command = Stream.concat(Stream.of(Launcher.PATH.toString(), "boot", "--gdb", "0", "--wait"), Stream.of(options)).toList();
        boot = Launcher.process(folder, Map.of(), command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        said = boot.errorReader();
        String line = said.readLine();
        assertThat(line).startsWith(LISTENING);
        return Integer.parseInt(line.substring(LISTENING.length()));
    }

    private String gdb(int port, String... commands) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("gdb", "-q", "-nx", "-batch"));
        Stream.concat(Stream.of("set pagination off", "set confirm off", "set width 0", "set sysroot /", "target remote 127.0.0.1:" + port),
                Stream.of(commands)).forEach(each -> command.addAll(List.of("-ex", each)));
        Path output = folder.resolve("gdb.txt");
        Process gdb;
        try {
            gdb = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile()).start();
        } catch (IOException e) {
            return Assumptions.abort("gdb is not installed");
        }
        Launcher.await(gdb);
        return Files.readString(output);
    }

    private Launcher.Result replay(String recording) throws IOException, InterruptedException {
        return Launcher.run(folder, Map.of(), Launcher.PATH, "replay", folder.resolve(recording).toString(), "--verify", "--stats");
    }

    private static String hash(List<String> lines) {
        return lines.stream().filter(line -> line.startsWith("trapframe: state hash ")).findFirst().orElseThrow();
    }

    @Test
    void whatADebuggerWroteIsInTheRecordingAndTheReplayEndsTheSame() throws Exception {
        int port = boot("--record", "run.recording", "--append", "test=kthread", "--stats");

        String output = gdb(port, "break task_create", "continue", "monitor record", "set $r11 = 0x1234", "continue", "reverse-continue",
                "reverse-stepi", "set var 'sched/task.c'::next_id = 40", "monitor record half.recording", "monitor record half.recording",
                "delete", "continue", "detach");
        List<String> end = said.lines().toList();

        assertThat(output).contains("the run is being recorded to run.recording; 0 inputs so far", "written to half.recording",
                "half.recording: is there already", "the guest succeeded");
        assertThat(Launcher.await(boot)).as(String.join("\n", end)).isZero();
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
        int port = boot("--record", "run.recording", "--append", "test=kthread", "--until", "symbol:task_create");

        String output = gdb(port, "continue", "monitor goto 1000000", "kill");
        List<String> end = said.lines().toList();

        assertThat(output).contains("the guest reached the symbol of --until");
        assertThat(Launcher.await(boot)).as(String.join("\n", end)).isZero();
        assertThat(replay("run.recording").errors()).contains("the guest was left, at position ", "as recorded; ");
    }

    @Test
    void aProcessThatIsKilledLeavesTheRunUpToThere() throws Exception {
        int port = boot("--record", "run.recording", "--append", "test=kthread");
        gdb(port, "monitor goto 20000000", "detach");
        boot.destroyForcibly();
        Launcher.await(boot);

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
