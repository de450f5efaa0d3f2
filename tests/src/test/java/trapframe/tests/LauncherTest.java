package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.tests.Launcher.Result;

/** The launcher as a user meets it: a process, its exit code and its two streams. */
class LauncherTest {
    private static final Path LAUNCHER = Launcher.PATH;

    @TempDir
    Path folder;

    @BeforeEach
    void theProgramIsBuilt() {
        Launcher.assumeBuilt();
    }

    @Test
    void startsFromAnyFolderThroughSymbolicLinks() throws Exception {
        Path absolute = Files.createSymbolicLink(folder.resolve("absolute"), LAUNCHER);
        Path relative = Files.createSymbolicLink(folder.resolve("relative"), Path.of("absolute"));

        Result result = run(relative, Map.of(), "--help");

        Files.delete(relative);
        Files.delete(absolute);
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
        Path link = Files.createSymbolicLink(jdks.resolve("some-folder"), Path.of(System.getProperty("java.home")));
        fakeJdk("jdks/aaa-old", "21.0.2");

        Result result = run(LAUNCHER, Map.of("TRAPFRAME_JDK_FOLDERS", jdks.toString()), "doctor");

        Files.delete(link);
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
        return Launcher.run(folder, environment, launcher, arguments);
    }
}
