package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.tests.Launcher.Result;

/** {@code trapframe boot --record} and {@code trapframe replay} as processes. */
class RecordProcessTest {
    @TempDir
    Path folder;

    private Path recording;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
        recording = folder.resolve("recording");
    }

    @Test
    void aReplayShowsTheSameConsoleAndEndsInTheSameWay() throws Exception {
        Result boot = run("boot", "--record", recording.toString(), "--append", "test=boot-stages");

        Result replay = run("replay", recording.toString());

        assertThat(boot.exitCode()).as(boot.errors()).isZero();
        assertThat(replay.exitCode()).as(replay.errors()).isZero();
        assertThat(replay.output()).isEqualTo(boot.output());
        assertThat(replay.errors()).isEqualTo(boot.errors().strip() + ", as recorded\n");
    }

    @Test
    void whatCameFromAPipeComesAgainWithoutIt() throws Exception {
        Process process = start("boot", "--record", recording.toString(), "--append", "echo=1 test=boot-stages", "--input", "-");
        var output = process.inputReader();
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            seen.append(line).append('\n');
            if (line.equals("echo: ready")) {
                process.getOutputStream().write("only once\n".getBytes());
                process.getOutputStream().flush();
            }
        }
        assertThat(Launcher.await(process)).isZero();

        Result replay = run("replay", recording.toString(), "--verify");

        assertThat(replay.exitCode()).as(replay.errors()).isZero();
        assertThat(replay.output().replace("\r", "")).isEqualTo(seen.toString()).contains("echo: only once\n");
        assertThat(replay.errors()).contains("state hashes were compared, and equal").hasLineCount(1);
    }

    @Test
    void aProcessThatIsKilledLeavesARecordingUpToThere() throws Exception {
        Process process = start("boot", "--record", recording.toString(), "--append", "echo=1000", "--input", "-");
        var output = process.inputReader();
        for (String line = output.readLine(); !"echo: ready".equals(line); line = output.readLine()) {
            assertThat(line).isNotNull();
        }
        process.getOutputStream().write("before the end\n".getBytes());
        process.getOutputStream().flush();
        for (String line = output.readLine(); !"echo: before the end".equals(line); line = output.readLine()) {
            assertThat(line).isNotNull();
        }

        process.destroyForcibly();
        Launcher.await(process);

        Result replay = run("replay", recording.toString(), "--verify");
        assertThat(replay.exitCode()).as(replay.errors()).isZero();
        assertThat(replay.output()).contains("echo: ready");
        assertThat(replay.errors()).startsWith("trapframe: the recording breaks off at position ").contains("compared, and equal").hasLineCount(1);
    }

    @Test
    void aPlantedFaultIsFoundAndNamed() throws Exception {
        run("boot", "--record", recording.toString());

        Result replay = run("replay", recording.toString(), "--verify", "--plant-fault", "9000000:0x7ab123:3");

        assertThat(replay.exitCode()).isEqualTo(5);
        assertThat(replay.errors().lines()).hasSize(3);
        assertThat(replay.errors()).contains("trapframe: the replay is not the recorded run: ", "trapframe: first difference: position ",
                "CPU 0", "trapframe: RAM at 0x7ab123: 0x08 here, 0x00 recorded\n");
    }

    @Test
    void anEndThatIsAFailureIsOneInTheReplayToo() throws Exception {
        run("boot", "--record", recording.toString(), "--limit", "1M");

        assertThat(run("replay", recording.toString()).exitCode()).isEqualTo(4);
    }

    @Test
    void aKernelThatChangedIsNamed() throws Exception {
        Path image = Files.copy(Launcher.PATH.resolveSibling("kernel-image/target/sprout.elf"), folder.resolve("kernel.elf"));
        run("boot", image.toString(), "--record", recording.toString());
        byte[] bytes = Files.readAllBytes(image);
        bytes[bytes.length - 1] ^= 1;
        Files.write(image, bytes);

        LauncherTest.assertRefused(run("replay", recording.toString()), "trapframe: " + image + ": has changed since the recording");
    }

    @Test
    void whatIsNoRecordingIsNamed() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no recording\n");

        LauncherTest.assertRefused(run("replay", text.toString()), "trapframe: " + text + ": is no recording of Trapframe");
        LauncherTest.assertRefused(run("replay", recording.toString()), "trapframe: " + recording + ": no such file or folder");
    }

    @Test
    void aDriveThatTheGuestMayChangeCannotBeRecorded() throws Exception {
        Path disk = Files.write(folder.resolve("disk"), new byte[4096]);

        Result result = run("boot", "--record", recording.toString(), "--drive", disk.toString());

        LauncherTest.assertRefused(result, "trapframe: " + disk + ": the guest may write to this drive, and a recording needs"
                + " what it holds now: snapshot=on leaves the file as it is");
        assertThat(recording).doesNotExist();
    }

    private Result run(String... arguments) throws Exception {
        return Launcher.run(folder, Map.of(), Launcher.PATH, arguments);
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = Stream.concat(Stream.of(Launcher.PATH.toString()), Stream.of(arguments)).toList();
        return Launcher.process(folder, Map.of(), command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }
}
