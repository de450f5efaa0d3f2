package trapframe.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Chromium without a window. */
public final class Chromium {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private final Path program;

    private Chromium(Path program) {
        this.program = program;
    }

    /** Skips the test where there is none. */
    public static Chromium orSkip() {
        Optional<Path> found = Stream.of(System.getenv("PATH").split(":")).flatMap(folder -> NAMES.stream().map(Path.of(folder)::resolve))
                .filter(Files::isExecutable).findFirst();
        return new Chromium(found.orElseGet(() -> Assumptions.abort("Chromium is not installed")));
    }

    /** Loads a page, lets its scripts run, and returns the document as it is then. */
    public String load(Path page) throws IOException, InterruptedException {
        Path profile = Files.createTempDirectory(page.getParent(), "profile");
        // Root has no sandbox, and containers little shared memory.
        Process process = new ProcessBuilder(program.toString(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--window-size=1400,1200", "--user-data-dir=" + profile, "--dump-dom", page.toUri().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(profile.resolve("document").toFile()).start();
        int exitCode = Launcher.await(process);
        if (exitCode != 0) {
            throw new AssertionError("Chromium ended with " + exitCode);
        }
        return Files.readString(profile.resolve("document"), StandardCharsets.UTF_8);
    }
}
