package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static trapframe.tests.SproutSources.FOLDER;
import static trapframe.tests.SproutSources.IMAGE;
import static trapframe.tests.SproutSources.build;
import static trapframe.tests.SproutSources.copyTo;
import static trapframe.tests.SproutSources.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.tests.SproutSources.Build;

/** The build of Sprout, in copies of its folder elsewhere. */
class SproutBuildTest {
    private static final int PT_LOAD = 1;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int PF_X = 1;
    private static final int PF_W = 2;

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
        assertThat(Qemu.run(copy.resolve(IMAGE), SproutUnderQemuTest.STAGES_ONLY, Duration.ofSeconds(60)).lines()).isEqualTo(SproutUnderQemuTest.CONSOLE);
        assertThat(Qemu.run(copy.resolve(IMAGE), "test=ktest", Duration.ofSeconds(120)).lines()).endsWith(SproutKtestTest.PASS);
    }

    @Test
    void hasNoSegmentThatIsBothWritableAndExecutable() throws IOException {
        Path target = FOLDER.resolve("target");
        try (Stream<Path> images = Stream.concat(Files.list(target).filter(file -> file.toString().endsWith(".elf")),
                Files.list(target.resolve("programs").resolve("sprout")).filter(file -> !file.getFileName().toString().contains(".")))) {
            assertThat(images.toList()).hasSizeGreaterThan(15).allSatisfy(image -> assertThat(segmentFlags(image)).isNotEmpty()
                    .noneMatch(flags -> (flags & (PF_W | PF_X)) == (PF_W | PF_X)));
        }
    }

    /** The flags of the segments that an ELF file has loaded, and of its stack. */
    private static List<Integer> segmentFlags(Path image) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(image)).order(ByteOrder.LITTLE_ENDIAN);
        return IntStream.range(0, file.getShort(56)).map(i -> (int) file.getLong(32) + i * 56)
                .filter(header -> file.getInt(header) == PT_LOAD || file.getInt(header) == PT_GNU_STACK)
                .mapToObj(header -> file.getInt(header + 4)).toList();
    }
}
