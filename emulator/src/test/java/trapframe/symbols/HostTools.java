package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Compilers, and the programs that read what they leave: a second opinion on it. */
public final class HostTools {
    private HostTools() { }

    public static boolean has(String program) {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator)).filter(folder -> !folder.isEmpty())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Skips the test where a program is missing. */
    public static void need(String... programs) {
        for (String program : programs) {
            assumeTrue(has(program), program + " is not installed");
        }
    }

    /** Runs a program to its end, which must be a good one, and returns what it printed. */
    public static String run(List<String> command) {
        return run(command, "");
    }

    public static String run(List<String> command, String input) {
        try {
            Path in = Files.createTempFile("input", ".txt");
            Path out = Files.createTempFile("output", ".txt");
            try {
                Files.writeString(in, input);
                ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(in.toFile())
                        .redirectOutput(out.toFile());
                builder.environment().put("LC_ALL", "C");
                int status = builder.start().waitFor();
                String output = Files.readString(out, StandardCharsets.ISO_8859_1);
                assertThat(status).as("%s: %s", String.join(" ", command), output).isZero();
                return output;
            } finally {
                Files.delete(in);
                Files.delete(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static String run(String... command) {
        return run(List.of(command));
    }
}
