package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final Pattern HEADING = Pattern.compile("## `(.+)`");
    /** With which command line a variant shows its bug, and how much virtual time a run may take that ends well, wherever the ticks fall. */
    private static final Pattern MEASURED = Pattern.compile("- Measured: `(.+)`, (\\d+)ms");
    /** How many of how many boots end badly. */
    private static final Pattern SHOWS = Pattern.compile("- Shows: (\\d+) of (\\d+) boots .*");
    private static final long MEMORY = 8L << 20;
    private static final long POSITIONS_PER_MILLISECOND = 1_000_000;
    /** A tick of 10 ms, in positions. */
    private static final long TICK = 10_000_000;
    /** Phases tried until a run ended well and another one did not; which do is up to the compiler. */
    private static final int PHASES = 100;
    /** Phases tried of a variant that always ends badly. */
    private static final int PHASES_OF_ALWAYS = 3;

    private enum End { WELL, FAILED, HANGING }

    private record Variant(String name, String commandLine, RunLimits limit, boolean always) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Variant> variants() throws IOException {
        List<Variant> variants = new ArrayList<>();
        String name = null;
        String commandLine = null;
        RunLimits limit = null;
        for (String line : Files.readAllLines(FOLDER.resolve("VARIANTS.md"))) {
            Matcher heading = HEADING.matcher(line);
            Matcher measured = MEASURED.matcher(line);
            Matcher shows = SHOWS.matcher(line);
            if (heading.matches()) {
                name = heading.group(1);
            } else if (measured.matches()) {
                commandLine = measured.group(1);
                limit = new RunLimits(Long.parseLong(measured.group(2)) * POSITIONS_PER_MILLISECOND);
            } else if (shows.matches()) {
                variants.add(new Variant(name, commandLine, limit, shows.group(1).equals(shows.group(2))));
            }
        }
        return variants;
    }

    @Test
    void haveOneImageEach() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve("target"))) {
            Set<String> images = files.map(file -> file.getFileName().toString()).filter(name -> name.matches("sprout-.*\\.elf"))
                    .collect(Collectors.toSet());
            assertThat(images).isEqualTo(variants().stream().map(variant -> image(variant.name())).collect(Collectors.toSet()));
        }
    }

    static List<Variant> thoseThatDependOnTiming() throws IOException {
        return variants().stream().filter(variant -> !variant.always()).toList();
    }

    static List<Variant> thoseThatAlwaysShow() throws IOException {
        return variants().stream().filter(Variant::always).toList();
    }

    @ParameterizedTest
    @MethodSource("thoseThatAlwaysShow")
    void endBadlyAtEveryPhaseWhereTheReportSaysSo(Variant variant) {
        for (int i = 0; i < PHASES_OF_ALWAYS; i++) {
            long phase = i * (TICK / PHASES_OF_ALWAYS);
            assertThat(run(image(variant.name()), variant, phase)).isNotEqualTo(End.WELL);
            assertThat(run("sprout.elf", variant, phase)).isEqualTo(End.WELL);
        }
    }

    @ParameterizedTest
    @MethodSource("thoseThatDependOnTiming")
    void endWellAtSomePhasesAndNotAtOthersWhereTheKernelItselfEndsWell(Variant variant) {
        Set<End> ends = new TreeSet<>();
        for (int i = 0; i < PHASES && ends.size() < 2; i++) {
            // Neighbouring phases are alike: 37 has no divisor in common with the number of phases, so each comes once, far from the last.
            long phase = i * 37 % PHASES * (TICK / PHASES);
            End end = run(image(variant.name()), variant, phase);
            ends.add(end);
            if (end != End.WELL) {
                assertThat(run("sprout.elf", variant, phase)).isEqualTo(End.WELL);
            }
        }
        assertThat(ends).hasSize(2).contains(End.WELL);
    }

    private static String image(String variant) {
        return "sprout-" + variant + ".elf";
    }

    private static End run(String image, Variant variant, long phase) {
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY).withTimerPhase(phase), BootImage.open(FOLDER.resolve("target").resolve(image)),
                BootParameters.of(variant.commandLine()), new SerialInputQueue(), value -> {})) {
            StopReason reason = machine.run(variant.limit());
            if (reason instanceof StopReason.GuestExit exit) {
                return exit.success() ? End.WELL : End.FAILED;
            }
            assertThat(reason).isInstanceOfAny(StopReason.PositionLimit.class, StopReason.HaltedForGood.class);
            return End.HANGING;
        }
    }
}
