package trapframe.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files of Debian packages, by {@code apt-get download} from the machine's own package source: nothing is installed, and what was
 * got stays in the cache folder, so that the next time needs no network.
 */
final class DebianPackage {
    private static final long LIMIT_MINUTES = 5;

    private DebianPackage() { }

    /** What was got, or why that is impossible. */
    sealed interface Result<T> {
        record Obtained<T>(T value) implements Result<T> {
        }

        /** @param reason one line for people */
        record Missing<T>(String reason) implements Result<T> {
        }
    }

    /** What a step of getting it ran into. */
    static final class Impossible extends Exception {
        Impossible(String reason) {
            super(reason);
        }
    }

    /** Gets something into a folder of the cache, and keeps it there. */
    interface Step<T> {
        T in(Path folder) throws IOException, InterruptedException, Impossible;
    }

    /** Does a step while no other process works in the same folder of the cache. */
    static <T> Result<T> obtain(String cacheFolder, Step<T> step) {
        try {
            Path folder = Files.createDirectories(cache().resolve(cacheFolder));
            try (FileChannel lock = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE)) {
                lock.lock();
                return new Result.Obtained<>(step.in(folder));
            }
        } catch (Impossible e) {
            return new Result.Missing<>(e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            return new Result.Missing<>(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result.Missing<>("interrupted");
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

    /**
     * The package that one which only stands for the newest of its kind depends on.
     *
     * @param name what its name looks like
     */
    static String newest(Path folder, String packageName, String name) throws IOException, InterruptedException, Impossible {
        Matcher dependency = Pattern.compile("Depends: (" + name + ")").matcher(run(folder, "apt-cache", "depends", packageName + ":amd64"));
        if (!dependency.find()) {
            throw new Impossible("apt knows nothing that " + packageName + " stands for");
        }
        return dependency.group(1);
    }

    /** What is done with a package's files, in a folder that is gone afterwards. */
    interface Unpacked {
        void use(Path folder) throws IOException, InterruptedException, Impossible;
    }

    /** Downloads a package and unpacks it. */
    static void unpack(Path folder, String packageName, Unpacked use) throws IOException, InterruptedException, Impossible {
        unpack(folder, List.of(packageName), use);
    }

    /** Downloads packages and unpacks them into one folder. */
    static void unpack(Path folder, List<String> packageNames, Unpacked use) throws IOException, InterruptedException, Impossible {
        Path work = Files.createTempDirectory(folder, "work");
        try {
            for (String name : packageNames) {
                Path download = Files.createDirectory(work.resolve(name.replace(':', '-')));
                run(download, "apt-get", "-qq", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "download", name);
                run(download, "dpkg-deb", "-x", only(download, ".*\\.deb", name).toString(), work.resolve("unpacked").toString());
            }
            use.use(work.resolve("unpacked"));
        } finally {
            delete(work);
        }
    }

    /** Downloads a package and moves the one file in it whose path matches to the target. */
    static void take(Path folder, String packageName, Path target, String path)
            throws IOException, InterruptedException, Impossible {
        unpack(folder, packageName, unpacked ->
                Files.move(only(unpacked, path, packageName), target, StandardCopyOption.ATOMIC_MOVE));
    }

    static Path only(Path folder, String path, String packageName) throws IOException, Impossible {
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
    static String run(Path folder, String... command) throws IOException, InterruptedException, Impossible {
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
