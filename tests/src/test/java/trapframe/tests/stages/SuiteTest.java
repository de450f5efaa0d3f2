package trapframe.tests.stages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import trapframe.tests.StagesKernel;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;
import trapframe.tools.stages.Display;
import trapframe.tools.stages.StagesFile;
import trapframe.tools.stages.Suite;
import trapframe.tools.stages.Variant;
import trapframe.tools.stages.VariantResult;

/** Files of stages as they are run. */
class SuiteTest {
    private static final long HOST_MEMORY = 1L << 30;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
        Files.copy(Path.of(StagesKernel.PATH), folder.resolve("stages.elf"));
    }

    private static List<Variant> variants(String letters) throws IOException {
        StringBuilder file = new StringBuilder("""
                image = "stages.elf"
                memory = "2M"
                fail = "panic:"
                budget = "1ms"
                ends = "success"
                [[stage]]
                name = "one"
                line = "stage one"
                [[stage]]
                name = "two"
                shows = "stage two"
                """);
        letters.chars().forEach(letter -> file.append("[[variant]]\nname = \"").append((char) letter).append("\"\nappend = \"").append((char) letter).append("\"\n"));
        StagesFile.Read read = StagesFile.read(Files.writeString(folder.resolve("boot.toml"), file), StagesFileTest.SPROUT);
        assertThat(read.problems()).isEmpty();
        return read.variants();
    }

    private record Run(List<VariantResult> results, String output) {
        VariantResult of(String variant) {
            return results.stream().filter(result -> result.variant().equals(variant)).findFirst().orElseThrow();
        }
    }

    private static Run run(List<Variant> variants, int jobs, Optional<Path> recordings, boolean terminal) throws InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Display display = new Display(variants, out, terminal);
        List<VariantResult> results = new Suite(variants, jobs, recordings, display, HOST_MEMORY).run();
        display.summary(results);
        return new Run(results, bytes.toString(StandardCharsets.UTF_8));
    }

    private static Run run(String letters) throws Exception {
        return run(variants(letters), 2, Optional.empty(), false);
    }

    @ParameterizedTest
    @CsvSource({"g, OK, 0", "w, FAILED, 1", "p, FAILED, 1", "t, FAILED, 1", "f, FAILED, 1", "h, HANG, 3", "s, LIMIT, 4", "gw, FAILED, 1", "gs, LIMIT, 4",
        "sw, FAILED, 1", "wsh, HANG, 3"})
    void theExitCodeIsThatOfTheGravestVariant(String letters, VariantResult.Status last, int exitCode) throws Exception {
        Run run = run(letters);
        assertThat(run.results.getLast().status()).isEqualTo(last);
        assertThat(VariantResult.exitCode(run.results)).isEqualTo(exitCode);
    }

    @Test
    void aTripleFaultAndAPanicSayWhatTheyAre() throws Exception {
        Run run = run("tpf");
        assertThat(run.of("t").failure().orElseThrow().headline()).isEqualTo(
                "stage \"two\" was not reached: the guest failed: triple fault, and did not show \"stage two\"");
        assertThat(run.of("p").failure().orElseThrow().headline()).isEqualTo(
                "stage \"two\" was not reached: the guest showed \"panic:\", which means that it failed, and did not show \"stage two\"");
        assertThat(run.of("f").failure().orElseThrow().headline()).isEqualTo(
                "the guest failed: it wrote 0x1 to the debug-exit port, and not as expected: success");
    }

    @Test
    void withoutATerminalEachVariantIsALineAndTheSummaryHasTheTimes() throws Exception {
        assertThat(run(variants("gw"), 1, Optional.empty(), false).output).startsWith("""
                ok       g
                failed   w: stage "two" was not reached: the guest succeeded: it wrote 0x10 to the debug-exit port, and did not show "stage two"

                virtual time of each stage, in seconds:
                   one       two       end
                g  0.000000  0.000000  0.000000  ok
                w  0.000000  failed    -         failed

                w: stage "two" was not reached: the guest succeeded: it wrote 0x10 to the debug-exit port, and did not show "stage two"
                  at: position 391 (0.000000 s)
                  stages: one reached, two not
                  console: all of it
                    | stage one
                    | stage twisted
                """).endsWith("\n2 run, 1 ok, 1 failed\n");
    }

    @Test
    void onATerminalTheTableIsDrawnAgainInItsPlace() throws Exception {
        assertThat(run(variants("gw"), 1, Optional.empty(), true).output).contains("\u001b[2A").contains("g  ###  2 of 2\u001b[K\n").contains("w  #F  1 of 2\u001b[K\n");
    }

    @Test
    void howManyRunAtTheSameTimeMakesNoDifference() throws Exception {
        List<Variant> variants = variants("gwpthsfabcde");
        Run alone = run(variants, 1, Optional.empty(), false);
        for (int jobs : new int[] {2, 4, 8}) {
            assertThat(run(variants, jobs, Optional.empty(), false).results).isEqualTo(alone.results);
        }
        assertThat(alone.results).extracting(VariantResult::stateHash).doesNotContain("");
    }

    @Test
    void aGuestThatNeedsMoreMemoryThanThereIsRunsAlone() throws Exception {
        List<Variant> variants = variants("gwh");
        Display display = new Display(variants, new PrintStream(new ByteArrayOutputStream()), false);
        assertThat(new Suite(variants, 3, Optional.empty(), display, 1 << 20).run()).isEqualTo(run(variants, 1, Optional.empty(), false).results);
    }

    @Test
    void aFileThatIsGoneFailsItsVariantAndNoOther() throws Exception {
        Files.write(folder.resolve("disk"), new byte[512]);
        StagesFile.Read read = StagesFile.read(Files.writeString(folder.resolve("disks.toml"), """
                image = "stages.elf"
                memory = "2M"
                [[variant]]
                name = "with a disk"
                drives = ["disk,readonly"]
                [[variant]]
                name = "without"
                [[stage]]
                name = "one"
                shows = "stage one"
                """), StagesFileTest.SPROUT);
        Files.delete(folder.resolve("disk"));
        Run run = run(read.variants(), 2, Optional.empty(), false);
        assertThat(run.of("with a disk").status()).isEqualTo(VariantResult.Status.UNUSABLE);
        assertThat(run.of("with a disk").failure().orElseThrow().headline()).contains("disk");
        assertThat(run.of("without").status()).isEqualTo(VariantResult.Status.OK);
        assertThat(VariantResult.exitCode(run.results)).isEqualTo(2);
    }

    @Test
    void thoseThatFailLeaveARecordingThatIsTheirRun() throws Exception {
        Path recordings = Files.createDirectories(folder.resolve("recordings"));
        Run run = run(variants("ghw"), 2, Optional.of(recordings), false);
        assertThat(run.of("g").recording()).isEmpty();
        for (String failed : List.of("h", "w")) {
            var recording = RecordingFile.read(Path.of(run.of(failed).recording().orElseThrow()));
            try (Replay replay = new Replay(recording, recording.run().opener(Path.of("none")), value -> { }, Optional.empty())) {
                assertThat(replay.run(true)).isInstanceOf(Replay.AsRecorded.class);
                assertThat(replay.machine().stateHash()).isEqualTo(run.of(failed).stateHash());
            }
        }
    }

    @Test
    void theXmlHasASuiteForEachVariantAndACaseForEachStage() throws Exception {
        Run run = run("gh");
        String xml = VariantResult.junitXml("boot.toml", run.results);
        Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new java.io.ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)))
                .getDocumentElement();
        assertThat(root.getAttribute("tests")).isEqualTo("5");
        assertThat(root.getAttribute("failures")).isEqualTo("1");
        assertThat(root.getElementsByTagName("testsuite").getLength()).isEqualTo(2);
        Element failure = (Element) root.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("type")).isEqualTo("hang");
        assertThat(failure.getTextContent()).isEqualTo(run.of("h").failure().orElseThrow().report());
        assertThat(((Element) failure.getParentNode()).getAttribute("name")).isEqualTo("two");
        assertThat(root.getElementsByTagName("system-out").item(0).getTextContent()).isEqualTo("stage one\nstage two\n");
        assertThat(VariantResult.junitXml("boot.toml", run("gh").results)).isEqualTo(xml);
    }

    /** Those of docs/stages: Sprout's is run, the others need images that are not here. */
    @Test
    void theDocumentedExamplesAreFilesOfStages() throws Exception {
        Path examples = Path.of(System.getProperty("trapframe.root"), "docs", "stages");
        Run sprout = run(StagesFile.read(examples.resolve("sprout.toml"), StagesFileTest.SPROUT).variants(), 2, Optional.empty(), false);
        assertThat(sprout.results).hasSize(3).allMatch(result -> result.status() == VariantResult.Status.OK);
        for (String other : List.of("debian.toml", "gnumach.toml")) {
            Path copy = Files.copy(examples.resolve(other), folder.resolve(other));
            Files.copy(Path.of(StagesKernel.PATH), folder.resolve(other.equals("debian.toml") ? "vmlinuz" : "gnumach"));
            Files.write(folder.resolve("initramfs"), new byte[1]);
            assertThat(StagesFile.read(copy, StagesFileTest.SPROUT).problems()).isEmpty();
        }
    }
}
