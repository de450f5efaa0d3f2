package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.tests.Launcher.Result;

/** {@code trapframe trace} as a process. */
class TraceProcessTest {
    @TempDir
    Path folder;

    private Path recording;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
        recording = folder.resolve("recording");
    }

    private Result run(String... arguments) throws Exception {
        return Launcher.run(folder, Map.of(), Launcher.PATH, arguments);
    }

    private void record(String image, String commandLine) throws Exception {
        Result boot = run("boot", SproutBoot.IMAGE.resolveSibling(image).toString(), "--record", recording.toString(), "--memory", "8M", "--append",
                commandLine);
        assertThat(boot.exitCode()).as(boot.errors()).isZero();
    }

    @Test
    void aWindowOfARecordingBecomesAFileForAViewer() throws Exception {
        record("sprout.elf", "test=boot-stages");

        Result trace = run("trace", recording.toString(), "--from", "140ms", "--to", "150M", "--only", "locks,tasks");

        assertThat(trace.exitCode()).as(trace.errors()).isZero();
        assertThat(trace.output()).isEmpty();
        assertThat(trace.errors()).hasLineCount(1).contains("recording.json: ", " events from position 140000000 to 15000000");
        List<?> events = (List<?>) JSON.std.mapFrom(Files.readString(folder.resolve("recording.json"))).get("traceEvents");
        assertThat(events).hasSizeGreaterThan(100);
    }

    @Test
    void predictionsComeWithSourceLinesAndAnExitCode() throws Exception {
        record("sprout-irq-unsafe-lock.elf", "test=kthread");

        Result text = run("trace", recording.toString(), "--lockdep");
        Result json = run("trace", recording.toString(), "--lockdep", "--json");

        assertThat(text.exitCode()).as(text.errors()).isEqualTo(1);
        assertThat(text.output()).startsWith("An interrupt may wait for ever for sched_lock (ticket lock at 0x").contains("task_create at ",
                "sched/task.c:");
        assertThat(text.errors()).hasLineCount(1).contains("; 1 prediction");
        assertThat(json.exitCode()).isEqualTo(1);
        Map<String, Object> document = JSON.std.mapFrom(json.output());
        assertThat(document).containsEntry("exitCode", 1);
        assertThat((List<?>) document.get("predictions")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--from 10s", "--from 20ms --to 10ms", "--only nonsense", "--only", "--from soon", "--lockdep -o x", "--interrupts-off 1ms",
        "-o .", "--symbols nothing", "--tasks nothing", "--to 0", "-o no/such/folder/x"})
    void wrongUseIsSaidInOneLine(String options) throws Exception {
        record("sprout.elf", "test=boot-stages");
        String[] arguments = ("trace recording " + options).split(" ");

        Result trace = run(arguments);

        assertThat(trace.exitCode()).as(trace.errors()).isEqualTo(2);
        assertThat(trace.errors()).hasLineCount(1).startsWith("trapframe: ");
        assertThat(trace.output()).isEmpty();
    }

    @Test
    void whatIsNoRecordingIsRefused() throws Exception {
        Files.writeString(recording, "nonsense");

        assertThat(run("trace", recording.toString()).exitCode()).isEqualTo(2);
        assertThat(run("trace", folder.resolve("missing").toString()).exitCode()).isEqualTo(2);
    }
}
