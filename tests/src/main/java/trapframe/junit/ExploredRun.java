package trapframe.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import trapframe.explore.Exploration;
import trapframe.explore.Finding;
import trapframe.explore.FindingRecording;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.harness.Setup;
import trapframe.symbols.Symbol;

/** The search that {@link Explore} asks for. */
final class ExploredRun {
    private final Setup setup;
    private final Subject subject;
    private final Report report;

    ExploredRun(Explore wanted, Plan plan) {
        setup = plan.setup().unattended();
        if (setup.failTexts().size() > 1) {
            throw new ExtensionConfigurationException("@Explore takes one text of @BootImage(fail), not " + setup.failTexts().size());
        }
        subject = new Subject(setup.describe(), setup.opener(), text(wanted.until()), setup.failTexts().stream().findFirst(), OptionalLong.empty(), setup.tasks());
        try {
            Exploration.Settings settings = new Exploration.Settings(place(wanted.from()), place(wanted.to()), wanted.strategy(), wanted.seed(), wanted.budget(),
                    wanted.jobs(), false);
            report = new Exploration(subject, settings, functions(), _ -> { }).run();
        } catch (IllegalArgumentException e) {
            throw new ExtensionConfigurationException("@Explore: " + e.getMessage(), e);
        }
    }

    private static Optional<String> text(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private LongFunction<Optional<String>> functions() {
        return address -> setup.symbols().flatMap(known -> known.symbolAt(address)).map(Symbol::name);
    }

    private OptionalLong place(String text) {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        OptionalLong position = Point.parse(text).locate(subject, name -> setup.symbols().map(known -> known.address(name)).orElse(OptionalLong.empty()));
        if (position.isEmpty()) {
            throw new ExtensionConfigurationException("@Explore: the run without interrupts does not come to " + text);
        }
        return position;
    }

    Report report() {
        return report;
    }

    /**
     * Fails the test if anything was found.
     *
     * @param recordings where the runs go that show it: a file's name without its ending, to which numbers are added
     */
    void check(Path recordings) {
        if (report.findings().isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder("explore found " + report.findings().size() + (report.findings().size() == 1 ? " fault in " : " faults in ")
                + report.runs() + " runs of strategy " + report.strategy());
        for (int i = 0; i < report.findings().size(); i++) {
            Finding finding = report.findings().get(i);
            text.append("\n  ").append(finding.cause()).append(", in ").append(finding.shown().size()).append(" of the runs: with ")
                    .append(finding.schedule()).append(" the guest ").append(finding.outcome().sentence());
            Path file = recordings.resolveSibling(recordings.getFileName() + "-found-" + (i + 1) + ".rec");
            text.append("\n  replay: ").append(record(finding, file));
        }
        throw new GuestFailure(text.toString());
    }

    private String record(Finding finding, Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        boolean confirmed = FindingRecording.write(subject, report, finding, file, functions());
        return "trapframe replay " + file + (confirmed ? "" : " (which ends otherwise)");
    }
}
