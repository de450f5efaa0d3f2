package trapframe.tests;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/** Builds the small programs in assembler that tests run, or skips the test where there is no compiler for them. */
final class AssembledProgram {
    private static final Path SOURCES = Path.of(System.getProperty("trapframe.root"), "tests/src/test");
    private static final Path KERNELS = SOURCES.resolve("boot");

    private AssembledProgram() { }

    /** When a kernel of the folder {@code boot} changed last, or what they include. */
    static FileTime kernelsChanged() throws IOException {
        FileTime latest = FileTime.fromMillis(0);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(KERNELS)) {
            for (Path file : files) {
                FileTime changed = Files.getLastModifiedTime(file);
                latest = changed.compareTo(latest) > 0 ? changed : latest;
            }
        }
        return latest;
    }

    /** A kernel of the folder {@code boot}, in 32-bit code. */
    static Path kernel(String source, Path target) throws IOException, InterruptedException {
        return build(KERNELS.resolve(source), target, "-m32", "-Wl,-Ttext=0x100000");
    }

    /** A program for Linux, of the folder {@code linux}, in 64-bit code. */
    static Path linux(String source, Path target) throws IOException, InterruptedException {
        return build(SOURCES.resolve("linux").resolve(source), target, "-m64");
    }

    private static Path build(Path source, Path target, String... options) throws IOException, InterruptedException {
        Path log = target.resolveSibling(source.getFileName() + ".log");
        List<String> command = new ArrayList<>(List.of("cc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-o",
                target.toString(), source.toString()));
        command.addAll(List.of(options));
        ProcessBuilder compiler = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        Process process;
        try {
            process = compiler.start();
        } catch (IOException e) {
            return abort("there is no C compiler: " + e.getMessage());
        }
        assumeTrue(process.waitFor() == 0, "the C compiler cannot build x86 code: " + Files.readString(log));
        return target;
    }
}
