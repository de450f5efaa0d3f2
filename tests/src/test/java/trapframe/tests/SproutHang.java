package trapframe.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.Place;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SourceLine;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.timeline.Timeline;

/** A variant of Sprout where it ends badly, and the explanation of that. */
final class SproutHang {
    private static final int PHASES = 200;
    private static final long MEMORY = 8L << 20;
    private static final Path ROOT = Path.of(System.getProperty("trapframe.root"));

    /** Phases that were found: several tests look at the same run. */
    private static final Map<SproutVariants.Row, Long> PHASE = new ConcurrentHashMap<>();

    private SproutHang() { }

    /** What explains a machine that stands at the end of its run. */
    interface Question<T> {
        T of(Timeline timeline, Optional<KernelSymbols> symbols);
    }

    static Explanation explain(String variant) {
        return explain(row(variant), 0);
    }

    /**
     * Of a run of a variant that is not the one that it was measured with.
     *
     * @param first the phase to try first, by its index; others follow
     */
    static Explanation explain(String variant, String commandLine, int first) {
        SproutVariants.Row row = row(variant);
        return explain(new SproutVariants.Row(variant, commandLine, row.limit(), row.always()), first);
    }

    private static Explanation explain(SproutVariants.Row row, int first) {
        return at(row, badPhase(row, first), SproutHang::explanation);
    }

    private static Explanation explanation(Timeline timeline, Optional<KernelSymbols> symbols) {
        return Explanation.of(timeline, notProved(timeline), symbols, symbols.flatMap(KernelDescription::shippedFor));
    }

    private static SproutVariants.Row row(String variant) {
        return SproutVariants.variants().stream().filter(each -> each.name().equals(variant)).findFirst().orElseThrow();
    }

    /** Of the kernel without a bug, at the end of a good run. */
    static Explanation explainFixed(String commandLine) {
        SproutVariants.Row row = SproutVariants.fixed().stream().filter(each -> each.commandLine().equals(commandLine)).findFirst().orElseThrow();
        return at(row, 0, SproutHang::explanation);
    }

    /** Without any symbols. */
    static Explanation explainRaw(String variant) {
        SproutVariants.Row row = row(variant);
        return at(row, badPhase(row, 0), (timeline, _) -> Explanation.of(timeline, notProved(timeline), Optional.empty(), Optional.empty()));
    }

    private static Verdict notProved(Timeline timeline) {
        return new Verdict.NotProved(timeline.now().position(), List.of(), "the limit was reached");
    }

    private static <T> T at(SproutVariants.Row row, long phase, Question<T> question) {
        Path image = SproutBoot.IMAGE.resolveSibling(row.image());
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY).withTimerPhase(phase), BootImage.open(image),
                BootParameters.of(row.commandLine()), new SerialInputQueue(), value -> { })) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(row.limit());
            return question.of(timeline, Optional.of(KernelSymbols.open(image)));
        }
    }

    /** The first phase of the timer at which a run ends badly. */
    private static long badPhase(SproutVariants.Row row, int first) {
        return PHASE.computeIfAbsent(row, _ -> {
            List<Long> phases = new ArrayList<>(SproutPhases.phases(PHASES));
            Collections.rotate(phases, -first);
            return row.always() ? phases.getFirst() : phases.stream()
                    .filter(each -> SproutPhases.boot(row, each).end() != SproutPhases.End.WELL).findFirst().orElseThrow();
        });
    }

    /** The text of a place's line in the sources. */
    static String source(Place place) {
        return source(place.line().orElseThrow());
    }

    static String source(SourceLine line) {
        try {
            return Files.readAllLines(ROOT.resolve(line.file())).get(line.line() - 1).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
