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
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.diagnose.Verdict;
import trapframe.tests.SproutPhases.Boot;
import trapframe.tests.SproutPhases.End;
import trapframe.tests.SproutVariants.Row;

/**
 * The variants of Sprout in Trapframe: each has a bug that shows where the ticks fall badly, and nowhere else. Each hang is proved to be one, and
 * what ends well never is.
 */
class SproutVariantsTest {
    /** Phases tried until a run ended well and another one did not; which do is up to the compiler. */
    private static final int PHASES = 200;
    /** Phases tried of a variant that always ends badly. */
    private static final int PHASES_OF_ALWAYS = 3;

    @Test
    void haveOneImageEach() throws IOException {
        try (Stream<Path> files = Files.list(SproutBoot.IMAGE.getParent())) {
            Set<String> images = files.map(file -> file.getFileName().toString()).filter(name -> name.matches("sprout-.*\\.elf"))
                    .collect(Collectors.toSet());
            assertThat(images).isEqualTo(SproutVariants.variants().stream().map(Row::image).collect(Collectors.toSet()));
        }
    }

    static List<Row> thoseThatDependOnTiming() {
        return SproutVariants.variants().stream().filter(variant -> !variant.always()).toList();
    }

    static List<Row> thoseThatAlwaysShow() {
        return SproutVariants.variants().stream().filter(Row::always).toList();
    }

    @ParameterizedTest
    @MethodSource("thoseThatAlwaysShow")
    void endBadlyAtEveryPhaseWhereTheReportSaysSo(Row variant) {
        for (long phase : SproutPhases.phases(PHASES_OF_ALWAYS)) {
            Boot boot = SproutPhases.boot(variant, phase);
            assertThat(boot.end()).isNotEqualTo(End.WELL);
            assertProved(variant, boot);
            assertThat(SproutPhases.boot(variant.fixed(), phase).end()).isEqualTo(End.WELL);
        }
    }

    @ParameterizedTest
    @MethodSource("thoseThatDependOnTiming")
    void endWellAtSomePhasesAndNotAtOthersWhereTheKernelItselfEndsWell(Row variant) {
        List<Long> phases = SproutPhases.phases(PHASES);
        Set<End> ends = new TreeSet<>();
        for (int i = 0; i < PHASES && ends.size() < 2; i++) {
            // Neighbouring phases are alike: 37 has no divisor in common with the number of phases, so each comes once, far from the last.
            long phase = phases.get(i * 37 % PHASES);
            Boot boot = SproutPhases.boot(variant, phase);
            End end = boot.end();
            ends.add(end);
            assertProved(variant, boot);
            if (end != End.WELL) {
                assertThat(SproutPhases.boot(variant.fixed(), phase).end()).isEqualTo(End.WELL);
            }
        }
        assertThat(ends).hasSize(2).contains(End.WELL);
    }

    /** The processor that spins with interrupts off, or without any that could come; the one that waits; for missing-eoi it is either. */
    private static void assertProved(Row variant, Boot boot) {
        if (boot.end() != End.HANGS) {
            return;
        }
        assertThat(boot.verdict()).as("%s, phase %d", variant, boot.phase()).get().isInstanceOfAny(switch (variant.name()) {
            case "log-in-switch", "irq-unsafe-lock" -> new Class<?>[] {Verdict.DeadSpin.class};
            case "missing-eoi" -> new Class<?>[] {Verdict.DeadSpin.class, Verdict.NoProgress.class};
            default -> new Class<?>[] {Verdict.NoProgress.class};
        });
    }

    /** One that hangs, and one that fails. */
    @ParameterizedTest
    @ValueSource(strings = {"missing-eoi", "refcount-race"})
    void areMeasuredTheSameByHoweverManyThreads(String name) throws Exception {
        Row variant = SproutVariants.variants().stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
        List<Long> phases = SproutPhases.phases(12);
        List<Boot> boots = SproutPhases.boot(variant, phases, 3);

        assertThat(boots).isEqualTo(SproutPhases.boot(variant, phases, 1))
                .isEqualTo(phases.stream().map(phase -> SproutPhases.boot(variant, phase)).toList());
        assertThat(boots).extracting(Boot::end).contains(End.WELL).containsAnyOf(End.HANGS, End.FAILS);
    }
}
