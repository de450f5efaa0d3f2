package trapframe.tools;

import java.nio.file.Path;

/** The checkout that this program runs from. */
final class Project {
    private Project() {
    }

    /** The launcher says where it is; without it, the current folder. */
    static Path root() {
        return Path.of(System.getProperty("trapframe.root", ""));
    }

    /** The kernel that {@code boot} takes when no image is named. */
    static Path bundledKernel() {
        return root().resolve("kernel-image/target/sprout.elf");
    }
}
