package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as a user meets it: a process, its exit code and its two streams. */
class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("trapframe.root"));
    private static final Path LAUNCHER = ROOT.resolve("trapframe");

    @TempDir
    Path folder;

    record Result(int exitCode, String output, String errors) {
    }

    @BeforeEach
    void theProgramIsBuilt() {
        Assumptions.assumeTrue(Files.exists(ROOT.resolve("tools/target/built")),
                "the launcher's jars are not built: run mvn package or verify, not test alone");
    }

    @Test
    void startsFromAnyFolderThroughSymbolicLinks() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("absolute"), LAUNCHER);
        Files.createSymbolicLink(folder.resolve("relative"), Path.of("absolute"));

        Result result = run(folder.resolve("relative"), Map.of(), "--help");

        assertThat(link).isSymbolicLink();
        assertThat(result.errors()).isEmpty();
        assertThat(result.output()).startsWith("Usage: trapframe");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void refusesAnUnknownOptionInOneLine() throws Exception {
        assertRefused(run(LAUNCHER, Map.of(), "doctor", "--jso"),
                "trapframe: unknown option: '--jso' (did you mean --json? trapframe doctor --help tells more)");
    }

    @Test
    void saysThatThereIsNoJdk() throws Exception {
        Path noJdks = Files.createDirectory(folder.resolve("jdks"));

        assertRefused(run(LAUNCHER, Map.of("TRAPFRAME_JDK_FOLDERS", noJdks.toString()), "doctor"),
                "trapframe: a JDK 25 or newer is needed, and none was found:"
                        + " install one (for example Temurin 25) or set TRAPFRAME_JAVA_HOME");
    }

    @Test
    void saysWhichJdkIsTooOld() throws Exception {
        Path old = fakeJdk("jdk-17", "17.0.12");
        fakeJdk("jdk-8", "1.8.0_392");

        assertRefused(run(LAUNCHER, Map.of("TRAPFRAME_JDK_FOLDERS", old.getParent().toString()), "doctor"),
                "trapframe: a JDK 25 or newer is needed, and the newest found is 17:"
                        + " install one (for example Temurin 25) or set TRAPFRAME_JAVA_HOME");
        assertRefused(run(LAUNCHER, Map.of("TRAPFRAME_JAVA_HOME", old.toString()), "doctor"),
                "trapframe: TRAPFRAME_JAVA_HOME is a JDK 17, but Trapframe needs JDK 25 or newer: " + old);
    }

    @Test
    void saysThatTheChosenJdkIsNone() throws Exception {
        assertRefused(run(LAUNCHER, Map.of("TRAPFRAME_JAVA_HOME", folder.toString()), "doctor"),
                "trapframe: TRAPFRAME_JAVA_HOME names no JDK: " + folder);
    }

    @Test
    void findsTheJdkByItsReleaseFileWhateverItsFolderIsCalled() throws Exception {
        Path jdks = Files.createDirectory(folder.resolve("jdks"));
        Files.createSymbolicLink(jdks.resolve("some-folder"), Path.of(System.getProperty("java.home")));
        fakeJdk("jdks/aaa-old", "21.0.2");

        Result result = run(LAUNCHER, Map.of("TRAPFRAME_JDK_FOLDERS", jdks.toString()), "doctor");

        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains(Path.of(System.getProperty("java.home")).toRealPath().toString());
    }

    @Test
    void doctorTellsThatTheChosenUnicornIsMissing() throws Exception {
        Path missing = folder.resolve("libunicorn.so.2");

        Result result = run(LAUNCHER, Map.of("TRAPFRAME_LIBUNICORN", missing.toString()), "doctor");

        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.errors()).isEmpty();
        assertThat(result.output().lines().filter(line -> line.startsWith("MISSING"))).singleElement().asString()
                .contains("libunicorn", missing + " does not exist", "TRAPFRAME_LIBUNICORN", "2.1.2 or newer");
    }

    @Test
    void doctorPrintsOneJsonDocument() throws Exception {
        Result result = run(LAUNCHER, Map.of(), "doctor", "--json");

        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).startsWith("{").contains("\"canBoot\" : true", "\"name\" : \"libunicorn\"")
                .endsWith("}\n");
    }

    static void assertRefused(Result result, String line) {
        assertThat(result.errors()).isEqualTo(line + "\n");
        assertThat(result.output()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(2);
    }

    private Path fakeJdk(String name, String version) throws IOException {
        Path jdk = folder.resolve(name);
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        assertThat(Files.createFile(jdk.resolve("bin/javac")).toFile().setExecutable(true)).isTrue();
        return jdk;
    }

    private Result run(Path launcher, Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments))
                .toList()).directory(folder.toFile());
        for (String name : List.of("JAVA_HOME", "TRAPFRAME_JAVA_HOME", "TRAPFRAME_LIBUNICORN")) {
            builder.environment().remove(name);
        }
        builder.environment().put("TRAPFRAME_BUILD", "never");
        builder.environment().putAll(environment);
        Path output = Files.createTempFile(folder, "output", ".txt");
        Path errors = Files.createTempFile(folder, "errors", ".txt");
        Process process = builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the launcher did not end: " + Files.readString(errors));
        }
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8),
                Files.readString(errors, StandardCharsets.UTF_8));
    }
}
