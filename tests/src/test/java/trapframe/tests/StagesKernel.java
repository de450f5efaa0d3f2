package trapframe.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The kernels of {@code boot/stages.S}, {@code boot/clock.S} and {@code boot/disk-note.S}, at places that annotations can name. */
public final class StagesKernel {
    /** From this module's folder, which its tests run in. */
    public static final String PATH = "target/junit/stages.elf";
    public static final String CLOCK = "target/junit/clock.elf";
    public static final String DISK_NOTE = "target/junit/disk-note.elf";

    private StagesKernel() { }

    /** Builds them, or skips the test where there is no compiler for them. */
    public static synchronized void build() throws IOException, InterruptedException {
        for (Path kernel : List.of(Path.of(PATH), Path.of(CLOCK), Path.of(DISK_NOTE))) {
            if (Files.notExists(kernel) || Files.getLastModifiedTime(kernel).compareTo(AssembledProgram.kernelsChanged()) < 0) {
                Files.createDirectories(kernel.getParent());
                AssembledProgram.kernel(kernel.getFileName().toString().replace(".elf", ".S"), kernel);
            }
        }
    }
}
