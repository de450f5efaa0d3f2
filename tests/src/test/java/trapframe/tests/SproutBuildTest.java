package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static trapframe.tests.SproutSources.FOLDER;
import static trapframe.tests.SproutSources.IMAGE;
import static trapframe.tests.SproutSources.build;
import static trapframe.tests.SproutSources.copyTo;
import static trapframe.tests.SproutSources.program;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.tests.SproutSources.Build;

/** The build of Sprout, in copies of its folder elsewhere. */
class SproutBuildTest {
    @TempDir
    Path elsewhere;

    @Test
    void givesTheSameBytesInAnotherFolder() throws Exception {
        Path copy = copyTo(elsewhere.resolve("a folder with blanks"));

        assertThat(build(copy, Map.of())).isEqualTo(new Build(0, ""));
        assertThat(copy.resolve(IMAGE)).hasSameBinaryContentAs(FOLDER.resolve(IMAGE));
    }

    @Test
    void doesNothingWhenNothingChangedAndBuildsWhatDid() throws Exception {
        Path copy = copyTo(elsewhere.resolve("sprout"));
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
        Path copy = copyTo(elsewhere.resolve("sprout"));
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
        Path copy = copyTo(elsewhere.resolve("sprout"));

        assertThat(build(copy, Map.of("CC", compiler))).isEqualTo(new Build(0, ""));
        assertThat(Files.readString(copy.resolve(IMAGE), StandardCharsets.ISO_8859_1)).doesNotContain(elsewhere.toString());
        assertThat(Qemu.run(copy.resolve(IMAGE), "", Duration.ofSeconds(60)).lines()).isEqualTo(SproutUnderQemuTest.CONSOLE);
        assertThat(Qemu.run(copy.resolve(IMAGE), "test=ktest", Duration.ofSeconds(120)).lines()).endsWith(SproutKtestTest.PASS);
    }
}
