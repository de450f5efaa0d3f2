package trapframe.tools.gdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import trapframe.tools.UserError;

/** What a session in the background leaves in the cache folder, only for its owner: a socket, its process, and what its parts say. */
final class SessionFolder {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,40}");

    private final String name;
    private final Path folder;

    SessionFolder(String name) {
        if (!NAME.matcher(name).matches() || name.startsWith(".")) {
            throw new UserError("--session must be 1 to 40 letters, digits, '-', '_' or '.', not " + name);
        }
        this.name = name;
        folder = cache().resolve("gdb").resolve(name);
    }

    private static Path cache() {
        return Path.of(Optional.ofNullable(System.getProperty("trapframe.cache")).orElse(".cache")).toAbsolutePath();
    }

    String name() {
        return name;
    }

    void make() throws IOException {
        Files.createDirectories(folder.getParent());
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    Path socket() {
        return folder.resolve("socket");
    }

    /** What the machine says of itself. */
    Path machineLog() {
        return folder.resolve("machine.log");
    }

    /** The guest's console. */
    Path console() {
        return folder.resolve("console");
    }

    /** What the keeper of the session says when something goes wrong. */
    Path keeperLog() {
        return folder.resolve("keeper.log");
    }

    boolean exists() {
        return Files.exists(folder);
    }

    /** A connection to the session; empty if nobody answers, because its process is gone. */
    Optional<SocketChannel> connect() {
        try {
            return Optional.of(SocketChannel.open(UnixDomainSocketAddress.of(socket())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    void remove() {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new UserError("the session's folder cannot be removed: " + folder);
        }
    }
}
