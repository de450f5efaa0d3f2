package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trapframe stages} as a process. */
class StagesCommandTest {
    @TempDir
    private Path folder;

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
    }

    @BeforeEach
    void copy() throws IOException {
        Launcher.assumeBuilt();
        Files.copy(Path.of(StagesKernel.PATH), folder.resolve("stages.elf"));
    }

    private Launcher.Result stages(String... arguments) throws Exception {
        return Launcher.run(Files.createDirectories(folder.resolveSibling(folder.getFileName() + "-out")), Map.of(), Launcher.PATH,
                Stream.concat(Stream.of("stages", folder.resolve("boot.toml").toString()), Stream.of(arguments)).toArray(String[]::new));
    }

    private void write(String append, String shows) throws IOException {
        Files.writeString(folder.resolve("boot.toml"), """
                image = "stages.elf"
                memory = "2M"
                append = "%s"
                [[stage]]
                name = "one"
                shows = "%s"
                budget = "10s"
                """.formatted(append, shows));
    }

    @Test
    void aFileThatIsWrongEndsWithTwoAndSaysWhere() throws Exception {
        Files.writeString(folder.resolve("boot.toml"), "image = \"stages.elf\"\ncpu = 3\n[[stage]]\nname = \"one\"\nshows = 4\n");
        Launcher.Result result = stages();
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.output()).isEmpty();
        assertThat(result.errors().lines()).hasSize(2).allMatch(line -> line.startsWith("trapframe: " + folder.resolve("boot.toml") + ":"))
                .anyMatch(line -> line.contains(":2: unknown key cpu")).anyMatch(line -> line.endsWith(":5: shows must be a text"));
    }

    @Test
    void theExitCodeAndTheDocumentSayWhatCameOfIt() throws Exception {
        write("h", "stage two");
        Path xml = folder.resolve("results.xml");
        Launcher.Result result = stages("--json", "--junit-xml", xml.toString());
        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.output()).contains("\"result\" : \"hang\"").contains("\"exitCode\" : 3");
        assertThat(xml).content().contains("<failure type=\"hang\"");
    }

    /** Where a process is killed, the files that the user named may be unfinished; there are no others, and no process. */
    @Test
    void aKilledRunLeavesNothingInTheWayOfTheNext() throws Exception {
        write("s", "stage two");
        Path recordings = folder.resolve("recordings");
        Process killed = Launcher.process(folder, Map.of("TRAPFRAME_JAVA_OPTIONS", "-XX:-UsePerfData"),
                List.of(Launcher.PATH.toString(), "stages", "boot.toml", "--recordings", recordings.toString())).start();
        while (Files.notExists(recordings) && killed.isAlive()) {
            Thread.onSpinWait();
        }
        List<ProcessHandle> family = Stream.concat(Stream.of(killed.toHandle()), killed.descendants()).toList();
        family.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle one : family) {
            one.onExit().get(60, TimeUnit.SECONDS);
        }
        try (Stream<Path> left = Files.walk(folder)) {
            assertThat(left.map(path -> folder.relativize(path).toString())).containsExactlyInAnyOrder("", "boot.toml", "stages.elf", "recordings");
        }
        write("g", "stage two");
        assertThat(stages("--recordings", recordings.toString()).exitCode()).isZero();
    }
}
