package trapframe.tests;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Builds the small kernels of {@code tests/src/test/boot}, or skips the test where there is no compiler for them. */
final class MultibootKernel {
    private static final Path SOURCES = Path.of(System.getProperty("trapframe.root"), "tests/src/test/boot");

    private MultibootKernel() { }

    static Path build(String source, Path kernel) throws IOException, InterruptedException {
        Path log = kernel.resolveSibling(source + ".log");
        ProcessBuilder compiler = new ProcessBuilder("cc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x100000",
                "-Wl,--build-id=none", "-o", kernel.toString(), SOURCES.resolve(source).toString())
                .redirectErrorStream(true).redirectOutput(log.toFile());
        Process process;
        try {
            process = compiler.start();
        } catch (IOException e) {
            return abort("there is no C compiler: " + e.getMessage());
        }
        assumeTrue(process.waitFor() == 0, "the C compiler cannot build 32-bit x86 code: " + Files.readString(log));
        return kernel;
    }
}
