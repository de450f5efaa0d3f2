package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Disk images with an ext4 file system, made and looked into by e2fsprogs, without mounting anything. */
final class Ext4Image {
    private static final String UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    private Ext4Image() { }

    /** Skips the test if e2fsprogs is not installed. */
    static void assumeAvailable() {
        for (String program : List.of("mke2fs", "e2fsck", "debugfs")) {
            assumeTrue(find(program).isPresent(), program + " (package e2fsprogs) is not installed");
        }
    }

    /**
     * Makes an image.
     *
     * @param root a folder whose content becomes the file system's
     * @param size as mke2fs takes it, such as {@code 32M}
     */
    static Path make(Path image, Path root, String size) throws IOException, InterruptedException {
        run("mke2fs", "-q", "-F", "-t", "ext4", "-U", UUID, "-E", "root_owner=0:0,hash_seed=" + UUID + ",lazy_itable_init=0",
                "-d", root.toString(), image.toString(), size);
        return image;
    }

    /** Checks a file system that was unmounted, and that there is nothing to repair. */
    static void assertClean(Path image) throws IOException, InterruptedException {
        run("e2fsck", "-f", "-n", image.toString());
    }

    /** Copies a folder out of the image. */
    static Path copyOut(Path image, String folder, Path target) throws IOException, InterruptedException {
        run("debugfs", "-R", "rdump " + folder + " " + target, image.toString());
        return target;
    }

    /** The content of a file in the image. */
    static String read(Path image, String file) throws IOException, InterruptedException {
        return run("debugfs", "-R", "cat " + file, image.toString());
    }

    private static Optional<Path> find(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
        return Stream.of(path.split(":")).map(folder -> Path.of(folder, program)).filter(Files::isExecutable).findFirst();
    }

    private static String run(String program, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(Stream.of(find(program).orElseThrow().toString()),
                Stream.of(arguments)).toList());
        Path errors = Files.createTempFile("e2fsprogs", ".err");
        try {
            Process process = builder.redirectError(errors.toFile()).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as("%s%n%s%n%s", program, output, Files.readString(errors)).isZero();
            return output;
        } finally {
            Files.delete(errors);
        }
    }
}
