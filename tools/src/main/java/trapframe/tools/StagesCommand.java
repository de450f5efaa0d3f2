package trapframe.tools;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trapframe.tools.stages.Display;
import trapframe.tools.stages.StagesFile;
import trapframe.tools.stages.Suite;
import trapframe.tools.stages.VariantResult;

/** {@code trapframe stages}: boots what a file says, and checks its stages. */
@Command(name = "stages", sortOptions = false,
        description = "Boots a kernel as a file says, in each of its variants, and checks that it gets from stage to stage.",
        footer = {"", "Exit codes: 0 all went well, 1 a stage failed, 2 the file is wrong or an image does not fit, 3 a hang was proved, 4 a budget was used up, 70 an internal "
                + "error. Of several the first of 70, 2, 3, 1, 4.",
                "", "Example: trapframe stages boot.toml --junit-xml results.xml"})
final class StagesCommand implements Callable<Integer> {
    private static final int MOST_JOBS = 256;

    @Parameters(paramLabel = "FILE", description = "What to boot, and its stages: docs/testing-your-kernel.md has the format.")
    private Path file;

    @Option(names = "--jobs", paramLabel = "N", description = "How many variants run at the same time (default: the number of processors).")
    private Integer jobs;

    @Option(names = "--junit-xml", paramLabel = "FILE", description = "Writes the results as JUnit's XML.")
    private Path junitXml;

    @Option(names = "--recordings", paramLabel = "FOLDER", description = "Keeps a recording of each variant that fails.")
    private Path recordings;

    @Option(names = "--json", description = "Prints the results as one JSON document.")
    private boolean json;

    @Option(names = "--check", description = "Checks the file, and boots nothing.")
    private boolean check;

    @Mixin
    private HelpOption help;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (jobs != null && (jobs < 1 || jobs > MOST_JOBS)) {
            throw new ParameterException(command.commandLine(), "--jobs must be 1 to " + MOST_JOBS + ", not " + jobs);
        }
        StagesFile.Read read = StagesFile.read(file, Project.bundledKernel());
        if (!read.problems().isEmpty()) {
            read.problems().forEach(problem -> Say.line(file + ":" + problem));
            return ExitCode.WRONG_USE;
        }
        if (check) {
            Say.line(file + ": " + read.variants().size() + (read.variants().size() == 1 ? " variant" : " variants"));
            return ExitCode.SUCCESS;
        }
        if (recordings != null) {
            makeFolder(recordings);
        }
        boolean terminal = !json && System.console() != null && System.console().isTerminal();
        Display display = new Display(read.variants(), json ? new PrintStream(OutputStream.nullOutputStream()) : System.out, terminal);
        Suite suite = new Suite(read.variants(), jobs == null ? Runtime.getRuntime().availableProcessors() : jobs, Optional.ofNullable(recordings), display,
                hostMemory());
        List<VariantResult> results = suite.run();
        int exitCode = VariantResult.exitCode(results);
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.toString());
            document.put("exitCode", exitCode);
            document.put("variants", results.stream().map(VariantResult::document).toList());
            Json.print(document);
        } else {
            display.summary(results);
        }
        if (junitXml != null) {
            write(junitXml, VariantResult.junitXml(file.toString(), results));
        }
        return exitCode;
    }

    /** Half of the computer's memory: the other half is for what is not the guests' RAM. */
    private static long hostMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize() / 2 : Long.MAX_VALUE;
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UserError(folder + ": cannot be made a folder");
        }
    }

    private static void write(Path target, String text) {
        try {
            Files.write(target, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UserError(target + ": cannot be written" + (Files.isDirectory(target) ? ": is a directory" : ""));
        }
    }
}
