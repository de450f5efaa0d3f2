package trapframe.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs the launcher, as what was built last, in a process of its own. */
final class Launcher {
    private static final Path ROOT = Path.of(System.getProperty("trapframe.root"));
    /** The launcher in the checkout. */
    static final Path PATH = ROOT.resolve("trapframe");

    private static final long SECONDS = 120;

    /** What a process left behind. */
    record Result(int exitCode, String output, String errors) {
    }

    private Launcher() {
    }

    /** Skips the test where there is nothing to launch. */
    static void assumeBuilt() {
        Assumptions.assumeTrue(Files.exists(ROOT.resolve("tools/target/built")),
                "the launcher's jars are not built: run mvn package or verify, not test alone");
    }

    /** Runs a command to its end, without input. */
    static Result run(Path folder, Map<String, String> environment, Path launcher, String... arguments)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        Process process = process(folder, environment,
                Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments)).toList())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
        int exitCode = await(process);
        return new Result(exitCode, Files.readString(output, StandardCharsets.UTF_8),
                Files.readString(errors, StandardCharsets.UTF_8));
    }

    /** A process that will run a command with the launcher's environment, in a folder. */
    static ProcessBuilder process(Path folder, Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        for (String name : List.of("JAVA_HOME", "TRAPFRAME_JAVA_HOME", "TRAPFRAME_LIBUNICORN")) {
            builder.environment().remove(name);
        }
        builder.environment().put("TRAPFRAME_BUILD", "never");
        builder.environment().putAll(environment);
        return builder;
    }

    static int await(Process process) throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the process did not end in " + SECONDS + " s");
        }
        return process.exitValue();
    }
}
