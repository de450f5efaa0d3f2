package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** The variants of Sprout in Trapframe: each has a bug that shows where the ticks fall badly, and nowhere else. */
class SproutVariantsTest {
    private static final Path FOLDER = Path.of(System.getProperty("trapframe.root"), "kernel-image");
    private static final String HEADING = "## `";
    private static final long MEMORY = 8L << 20;
    /** More than Sprout itself takes, wherever the ticks fall. */
    private static final RunLimits LIMIT = new RunLimits(180_000_000L);
    /** Turns of the loop of {@code phase=} in a tick. */
    private static final int TICK_TURNS = 2_000_000;
    /** Phases tried until a run ended well and another one did not; which do is up to the compiler. */
    private static final int PHASES = 100;

    private enum End { WELL, FAILED, HANGING }

    static List<String> variants() throws IOException {
        try (Stream<String> lines = Files.lines(FOLDER.resolve("VARIANTS.md"))) {
            return lines.filter(line -> line.startsWith(HEADING))
                    .map(line -> line.substring(HEADING.length(), line.length() - 1)).toList();
        }
    }

    @Test
    void haveOneImageEach() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve("target"))) {
            Set<String> images = files.map(file -> file.getFileName().toString()).filter(name -> name.matches("sprout-.*\\.elf"))
                    .collect(Collectors.toSet());
            assertThat(images).isEqualTo(variants().stream().map(SproutVariantsTest::image).collect(Collectors.toSet()));
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void passTheTestOfThreadsAtSomePhasesAndNotAtOthersWhereTheKernelItselfPasses(String variant) {
        Set<End> ends = new TreeSet<>();
        for (int i = 0; i < PHASES && ends.size() < 2; i++) {
            // Neighbouring phases are alike: 37 has no divisor in common with the number of phases, so each comes once, far from the last.
            int phase = i * 37 % PHASES * (TICK_TURNS / PHASES);
            End end = run(image(variant), phase);
            ends.add(end);
            if (end != End.WELL) {
                assertThat(run("sprout.elf", phase)).isEqualTo(End.WELL);
            }
        }
        assertThat(ends).hasSize(2).contains(End.WELL);
    }

    private static String image(String variant) {
        return "sprout-" + variant + ".elf";
    }

    private static End run(String image, int phase) {
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY), BootImage.open(FOLDER.resolve("target").resolve(image)),
                BootParameters.of("test=kthread phase=" + phase), new SerialInputQueue(), value -> console.append((char) value))) {
            StopReason reason = machine.run(LIMIT);
            boolean passed = console.indexOf(SproutUnderQemuTest.KTHREADS_PASS) >= 0;
            if (reason instanceof StopReason.GuestExit exit) {
                assertThat(exit.success()).isEqualTo(passed);
                return passed ? End.WELL : End.FAILED;
            }
            assertThat(reason).isEqualTo(new StopReason.PositionLimit());
            assertThat(passed).isFalse();
            return End.HANGING;
        }
    }
}
