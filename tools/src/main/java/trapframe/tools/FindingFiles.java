package trapframe.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import trapframe.explore.Finding;
import trapframe.explore.FindingRecording;
import trapframe.explore.Report;
import trapframe.explore.Schedule;
import trapframe.explore.Subject;
import trapframe.explore.WindowMap;
import trapframe.machine.MachineSpec;

/** The files that a search leaves behind for each of its findings. */
final class FindingFiles {
    private static final String TEST = "InterruptsAnywhereTest";

    private final Path folder;
    private final Subject subject;
    private final Report report;
    private final LongFunction<Optional<String>> functions;

    FindingFiles(Path folder, Subject subject, Report report, LongFunction<Optional<String>> functions) {
        this.folder = folder;
        this.subject = subject;
        this.report = report;
        this.functions = functions;
    }

    /** Writes them. Returns the recordings. */
    Map<Finding, Path> write() {
        Map<Finding, Path> recordings = new LinkedHashMap<>();
        try {
            Files.createDirectories(folder);
            List<Finding> findings = report.findings();
            for (int i = 0; i < findings.size(); i++) {
                Path recording = folder.resolve("finding-" + (i + 1) + ".recording");
                if (!FindingRecording.write(subject, report, findings.get(i), recording, functions)) {
                    Say.line("not confirmed: run from its first instruction, " + findings.get(i).schedule() + " ends otherwise, as "
                            + recording + " shows");
                }
                recordings.put(findings.get(i), recording);
            }
            if (!findings.isEmpty()) {
                Files.writeString(folder.resolve(TEST + ".java"), regressionTest());
            }
            Files.writeString(folder.resolve("map.html"), WindowMap.page("Exploration of " + Path.of(subject.opener().image().file().name()).getFileName(),
                    report));
            return recordings;
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be written: " + e.getMessage());
        }
    }

    /**
     * A test of JUnit 5 that searches again, and fails as long as that finds anything: also when a repair has moved all positions. Where the run without
     * interrupts ended badly, that is what it runs.
     */
    private String regressionTest() {
        boolean isSearched = !report.findings().getFirst().schedule().equals(Schedule.NONE);
        return """
                import org.junit.jupiter.api.Test;
                import trapframe.junit.BootImage;
                %simport trapframe.junit.Guest;

                class %s {
                    @Test
                    @BootImage(%s)
                %s    void endsWell%s(Guest guest) {
                        guest.%s;
                    }
                }
                """.formatted(isSearched ? "import trapframe.junit.Explore;\n" : "", TEST, image(),
                isSearched ? "    @Explore(strategy = \"%s\", budget = %d)%n".formatted(report.strategy(), Math.max(report.runs(), 1)) : "",
                isSearched ? "WhereverInterruptsCome" : "", goal());
    }

    /** What the guest has to do. */
    private String goal() {
        return subject.until().map(text -> "expect(\"" + javaText(text) + "\")")
                .or(() -> subject.come().filter(come -> come.times() == 1).map(come -> "runTo(\"" + javaText(come.name()) + "\")")).orElse("expectSuccess()");
    }

    /** What the annotation has to say: all that is not as usual. */
    private String image() {
        MachineSpec spec = subject.run().spec();
        MachineSpec usual = MachineSpec.standard();
        StringBuilder attributes = new StringBuilder("attended = false, value = \"" + javaText(subject.opener().image().file().name()) + "\"");
        if (!subject.run().commandLine().isEmpty()) {
            attributes.append(", append = \"").append(javaText(subject.run().commandLine())).append('"');
        }
        if (spec.memoryBytes() != usual.memoryBytes()) {
            long kib = spec.memoryBytes() >> 10;
            attributes.append(", memory = \"").append(kib % 1024 == 0 ? kib / 1024 + "M" : kib + "K").append('"');
        }
        if (spec.cpus() != usual.cpus()) {
            attributes.append(", cpus = ").append(spec.cpus());
        }
        if (spec.timerPhase() != usual.timerPhase()) {
            attributes.append(", timerPhase = ").append(spec.timerPhase());
        }
        subject.fail().ifPresent(text -> attributes.append(", fail = \"").append(javaText(text)).append('"'));
        return attributes.toString();
    }

    private static String javaText(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}
