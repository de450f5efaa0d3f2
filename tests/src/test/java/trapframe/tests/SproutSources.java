package trapframe.tests;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Copies of Sprout's folder, to be built elsewhere. */
final class SproutSources {
    static final Path FOLDER = Path.of(System.getProperty("trapframe.root"), "kernel-image");
    static final Path IMAGE = Path.of("target", "sprout.elf");

    private SproutSources() {}

    /** How a build ended, and what it said. */
    record Build(int exitStatus, String output) {}

    /** Copies all but what is built into a folder that is made for it. */
    static Path copyTo(Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path file : files.filter(file -> !file.startsWith(FOLDER.resolve("target"))).toList()) {
                Files.copy(file, copy.resolve(FOLDER.relativize(file)));
            }
        }
        return copy;
    }

    static Build build(Path folder, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(program("sh").toString(), folder.resolve("build.sh").toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Build(process.waitFor(), output);
    }

    /** The program of this name that the shell would find; null if there is none. */
    static Path program(String name) {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }
}
