package trapframe.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

    private SproutHang() { }

    /** What explains a machine that stands at the end of its run. */
    interface Question<T> {
        T of(Timeline timeline, Optional<KernelSymbols> symbols);
    }

    static Explanation explain(String variant) {
        return at(variant, (timeline, symbols) -> Explanation.of(timeline, notProved(timeline), symbols,
                symbols.flatMap(KernelDescription::shippedFor)));
    }

    /** Without any symbols. */
    static Explanation explainRaw(String variant) {
        return at(variant, (timeline, symbols) -> Explanation.of(timeline, notProved(timeline), Optional.empty(), Optional.empty()));
    }

    private static Verdict notProved(Timeline timeline) {
        return new Verdict.NotProved(timeline.now().position(), List.of(), "the limit was reached");
    }

    /** Of the first phase of the timer at which the variant ends badly. */
    static <T> T at(String variant, Question<T> question) {
        SproutVariants.Row row = SproutVariants.variants().stream().filter(each -> each.name().equals(variant)).findFirst().orElseThrow();
        long phase = SproutPhases.phases(PHASES).stream().filter(each -> SproutPhases.boot(row, each).end() != SproutPhases.End.WELL)
                .findFirst().orElseThrow();
        Path image = SproutBoot.IMAGE.resolveSibling(row.image());
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY).withTimerPhase(phase), BootImage.open(image),
                BootParameters.of(row.commandLine()), new SerialInputQueue(), value -> { })) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(row.limit());
            return question.of(timeline, Optional.of(KernelSymbols.open(image)));
        }
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
