package trapframe.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

/**
 * Debian's unmodified cloud kernel for amd64, and an initramfs of busybox whose init shows that user space runs and
 * reboots. Both packages come from the machine's own package source by {@code apt-get download}, which installs
 * nothing, and stay in the cache folder: the next time needs no network.
 *
 * @param kernel    a bzImage
 * @param initramfs an uncompressed cpio archive
 */
record DebianKernel(Path kernel, Path initramfs) {
    /** The line that init writes first. After it come {@code uname -a} and the names in the root folder. */
    static final String MARKER = "TRAPFRAME-USERSPACE-OK";

    /** Boots on a PC that has no more than 8259, 8254, 16550 and CMOS clock, and restarts it when anything fails. */
    static final String COMMAND_LINE = "console=ttyS0 earlyprintk=serial,ttyS0,115200 nolapic noapic acpi=off pci=off"
            + " nokaslr mitigations=off panic=-1";

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc proc /proc
            /bin/busybox mount -t sysfs sysfs /sys
            /bin/busybox mount -t devtmpfs devtmpfs /dev
            /bin/busybox echo %s
            /bin/busybox uname -a
            /bin/busybox ls /
            /bin/busybox reboot -f
            """.formatted(MARKER);

    private static final String KERNEL_PACKAGE = "linux-image-cloud-amd64";
    private static final String BUSYBOX_PACKAGE = "busybox-static:amd64";
    /** The package with the kernel itself is named after its version; the other one depends on the newest. */
    private static final Pattern VERSIONED_KERNEL = Pattern.compile("Depends: (linux-image-\\d\\S*)");
    private static final long LIMIT_MINUTES = 5;

    /** Whether the kernel can be had here. */
    sealed interface Availability {
        record Available(DebianKernel kernel) implements Availability {
        }

        /** @param reason one line for people */
        record Unavailable(String reason) implements Availability {
        }
    }

    private static final class Once {
        private static final Availability ANSWER = obtainNow();
    }

    /** What a step of getting it ran into. */
    private static final class Impossible extends Exception {
        Impossible(String reason) {
            super(reason);
        }
    }

    /** Gets the kernel, or the reason why that is impossible. The first call in a JVM does the work. */
    static Availability obtain() {
        return Once.ANSWER;
    }

    /** Gets the kernel, or skips the test with the reason why that is impossible. */
    static DebianKernel orSkip() {
        return switch (obtain()) {
            case Availability.Available(DebianKernel kernel) -> kernel;
            case Availability.Unavailable(String reason) -> Assumptions.abort("Debian's kernel cannot be had: " + reason);
        };
    }

    private static Availability obtainNow() {
        try {
            Path folder = Files.createDirectories(cache().resolve("debian-kernel"));
            try (FileChannel lock = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE)) {
                lock.lock();
                return new Availability.Available(in(folder));
            }
        } catch (Impossible e) {
            return new Availability.Unavailable(e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            return new Availability.Unavailable(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Availability.Unavailable("interrupted");
        }
    }

    private static Path cache() throws Impossible {
        String set = System.getenv("TRAPFRAME_CACHE");
        if (set != null && !set.isEmpty()) {
            return Path.of(set);
        }
        String root = System.getProperty("trapframe.root");
        if (root == null) {
            throw new Impossible("the system property trapframe.root does not name the project's folder");
        }
        return Path.of(root, ".cache");
    }

    private static DebianKernel in(Path folder) throws IOException, InterruptedException, Impossible {
        Path kernel = folder.resolve("vmlinuz");
        if (!Files.exists(kernel)) {
            unpack(folder, versionedKernel(folder), kernel, "boot/vmlinuz-.*");
        }
        Path busybox = folder.resolve("busybox");
        if (!Files.exists(busybox)) {
            unpack(folder, BUSYBOX_PACKAGE, busybox, "(usr/)?bin/busybox");
        }
        Path initramfs = folder.resolve("initramfs.cpio");
        byte[] content = initramfs(Files.readAllBytes(busybox));
        if (!Files.exists(initramfs) || !Arrays.equals(content, Files.readAllBytes(initramfs))) {
            Path written = Files.write(folder.resolve("initramfs.new"), content);
            Files.move(written, initramfs, StandardCopyOption.ATOMIC_MOVE);
        }
        return new DebianKernel(kernel, initramfs);
    }

    static byte[] initramfs(byte[] busybox) {
        return new CpioArchive()
                .folder("bin").folder("dev").folder("proc").folder("sys")
                .characterDevice("dev/console", 5, 1)
                .program("bin/busybox", busybox)
                .program("init", INIT.getBytes(StandardCharsets.US_ASCII))
                .build();
    }

    private static String versionedKernel(Path folder) throws IOException, InterruptedException, Impossible {
        Matcher dependency = VERSIONED_KERNEL.matcher(run(folder, "apt-cache", "depends", KERNEL_PACKAGE + ":amd64"));
        if (!dependency.find()) {
            throw new Impossible("apt knows no kernel that " + KERNEL_PACKAGE + " stands for");
        }
        return dependency.group(1);
    }

    /** Downloads a package and moves the one file in it whose path matches to the target. */
    private static void unpack(Path folder, String packageName, Path target, String path)
            throws IOException, InterruptedException, Impossible {
        Path work = Files.createTempDirectory(folder, "work");
        try {
            run(work, "apt-get", "-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "download",
                    packageName);
            Path archive = only(work, ".*\\.deb", packageName);
            run(work, "dpkg-deb", "-x", archive.toString(), "unpacked");
            Files.move(only(work.resolve("unpacked"), path, packageName), target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(work);
        }
    }

    private static Path only(Path folder, String path, String packageName) throws IOException, Impossible {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found = files.filter(file -> Files.isRegularFile(file)
                    && folder.relativize(file).toString().matches(path)).toList();
            if (found.size() != 1) {
                throw new Impossible(packageName + " has " + found.size() + " files like " + path);
            }
            return found.getFirst();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Runs a program and returns what it printed. */
    private static String run(Path folder, String... command) throws IOException, InterruptedException, Impossible {
        Path output = Files.createTempFile(folder, "output", "");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = start(builder);
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new Impossible(command[0] + " did not end within " + LIMIT_MINUTES + " minutes");
            }
            String text = Files.readString(output);
            if (process.exitValue() != 0) {
                throw new Impossible(String.join(" ", command) + " failed: "
                        + text.lines().filter(line -> line.startsWith("E: ")).findFirst().orElse(text.strip()));
            }
            return text;
        } finally {
            Files.delete(output);
        }
    }

    private static Process start(ProcessBuilder builder) throws Impossible {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Impossible(builder.command().getFirst() + " is not installed");
        }
    }
}
