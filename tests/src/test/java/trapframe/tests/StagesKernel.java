package trapframe.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel of {@code boot/stages.S}, at a place that annotations can name. */
public final class StagesKernel {
    /** From this module's folder, which its tests run in. */
    public static final String PATH = "target/junit/stages.elf";

    private StagesKernel() { }

    /** Builds it, or skips the test where there is no compiler for it. */
    public static synchronized void build() throws IOException, InterruptedException {
        if (Files.notExists(Path.of(PATH))) {
            Files.createDirectories(Path.of(PATH).getParent());
            AssembledProgram.kernel("stages.S", Path.of(PATH));
        }
    }
}
