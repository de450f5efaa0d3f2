package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The build of Sprout, in copies of its folder elsewhere. */
class SproutBuildTest {
    private static final Path FOLDER = Path.of(System.getProperty("trapframe.root"), "kernel-image");
    private static final Path IMAGE = Path.of("target", "sprout.elf");

    @TempDir
    Path elsewhere;

    private record Build(int exitStatus, String output) {}

    @Test
    void givesTheSameBytesInAnotherFolder() throws Exception {
        Path copy = copySources("a folder with blanks");

        assertThat(build(copy, Map.of())).isEqualTo(new Build(0, ""));
        assertThat(copy.resolve(IMAGE)).hasSameBinaryContentAs(FOLDER.resolve(IMAGE));
    }

    @Test
    void doesNothingWhenNothingChangedAndBuildsWhatDid() throws Exception {
        Path copy = copySources("sprout");
        assertThat(build(copy, Map.of())).isEqualTo(new Build(0, ""));
        Path image = copy.resolve(IMAGE);
        byte[] before = Files.readAllBytes(image);
        FileTime builtAt = Files.getLastModifiedTime(image);

        assertThat(build(copy, Map.of())).isEqualTo(new Build(0, ""));
        assertThat(Files.getLastModifiedTime(image)).isEqualTo(builtAt);

        Path header = copy.resolve("include/init/boot_info.h");
        Files.writeString(header, Files.readString(header).replace("#define MAX_COMMAND_LINE 1024", "#define MAX_COMMAND_LINE 2048"));
        assertThat(build(copy, Map.of())).isEqualTo(new Build(0, ""));
        assertThat(Files.readAllBytes(image)).isNotEqualTo(before);
    }

    @Test
    void saysInOneLineThatThereIsNoCompiler() throws Exception {
        Path copy = copySources("sprout");
        Path tools = Files.createDirectory(elsewhere.resolve("tools"));
        // All that the build calls before it looks for a compiler.
        Path dirname = tools.resolve("dirname");
        Files.writeString(dirname, "#!/bin/sh\nexec " + program("dirname") + " \"$@\"\n");
        Files.setPosixFilePermissions(dirname, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(build(copy, Map.of("PATH", tools.toString(), "CC", "")))
                .isEqualTo(new Build(1, "sprout: no C compiler for x86-64 found: install gcc or clang (with binutils)\n"));
        assertThat(build(copy, Map.of("CC", "no-such-compiler")))
                .isEqualTo(new Build(1, "sprout: the C compiler no-such-compiler was not found\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void makesAKernelThatBootsWithEitherCompiler(String compiler) throws Exception {
        assumeTrue(program(compiler) != null, compiler + " is not installed");
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Path copy = copySources("sprout");

        assertThat(build(copy, Map.of("CC", compiler))).isEqualTo(new Build(0, ""));
        assertThat(Files.readString(copy.resolve(IMAGE), StandardCharsets.ISO_8859_1)).doesNotContain(elsewhere.toString());
        assertThat(Qemu.run(copy.resolve(IMAGE), "", Duration.ofSeconds(60)).lines()).isEqualTo(SproutUnderQemuTest.CONSOLE);
    }

    private Path copySources(String name) throws IOException {
        Path copy = elsewhere.resolve(name);
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path file : files.filter(file -> !file.startsWith(FOLDER.resolve("target"))).toList()) {
                Files.copy(file, copy.resolve(FOLDER.relativize(file)));
            }
        }
        return copy;
    }

    private static Build build(Path folder, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(program("sh").toString(), folder.resolve("build.sh").toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Build(process.waitFor(), output);
    }

    private static Path program(String name) {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "" : path).split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }
}
