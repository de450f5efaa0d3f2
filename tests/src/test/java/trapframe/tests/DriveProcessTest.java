package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveException;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveWorker;
import trapframe.freeze.Rendezvous;

/** Drives of several processes, one that is killed, and a disk of the host that is full. */
@Timeout(300)
class DriveProcessTest {
    private static final int SECTORS = 8192;
    private static final int KILLS = 8;

    @TempDir
    Path folder;

    /** Each sector is what one round made of it, and not older than the last round whose flush was acknowledged. */
    @Test
    void aProcessThatIsKilledLeavesEverySectorWholeAndEveryFlushDurable() throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            Path file = Files.write(folder.resolve("disk" + kill + ".img"), new byte[SECTORS * Drive.SECTOR]);
            Process writer = start(List.of(), file);
            long acknowledged = 0;
            try (BufferedReader rounds = writer.inputReader()) {
                while (acknowledged < 3 + 2 * kill) {
                    acknowledged = Long.parseLong(rounds.readLine());
                }
                writer.destroyForcibly().waitFor();
                for (String line = rounds.readLine(); line != null && !line.isEmpty(); line = rounds.readLine()) {
                    acknowledged = Long.parseLong(line);
                }
            } catch (IOException streamIsClosedWithTheProcess) {
                // What was read counts.
            }
            assertThat(writer.waitFor()).as("killed").isNotZero();
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            for (int sector = 0; sector < SECTORS; sector++) {
                long round = content.getLong();
                assertThat(round).as("sector %d", sector).isBetween(acknowledged, acknowledged + 2);
                for (int i = 1; i < Drive.SECTOR / Long.BYTES; i++) {
                    if (content.getLong() != round) {
                        throw new AssertionError("sector " + sector + " is of two rounds");
                    }
                }
            }
        }
    }

    @Test
    void aFullDiskOfTheHostFailsTheFlush() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("small"));
        List<String> inNamespace = List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=1m tmpfs \"$0\" && truncate -s 8M \"$0/disk.img\" && exec \"$@\"", mount.toString());
        assumeTrue(succeeds(inNamespace, "true"), "no file system of its own can be mounted here (unshare)");

        Process writer = start(inNamespace, mount.resolve("disk.img"));

        assertThat(writer.inputReader().readLine()).isEqualTo(mount.resolve("disk.img") + ": No space left on device");
        assertThat(writer.waitFor()).isEqualTo(1);
    }

    @Test
    void aFileThatAnotherProcessWritesIsRefused() throws Exception {
        Path file = Files.write(folder.resolve("disk.img"), new byte[4096]);
        Process writer = start(List.of(), file);
        try (BufferedReader rounds = writer.inputReader(); DriveWorker worker = new DriveWorker(new Rendezvous())) {
            assertThat(rounds.readLine()).isEqualTo("1");
            for (DriveSpec.Access access : DriveSpec.Access.values()) {
                assertThatThrownBy(() -> Drive.open(new DriveSpec(file, access, DriveSpec.Bus.PCI), worker))
                        .isInstanceOf(DriveException.class).hasMessage(file + ": is in use by another machine");
            }
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    @Test
    void aFileWithoutPermissionIsRefused() throws Exception {
        Path file = Files.write(folder.resolve("disk.img"), new byte[4096]);
        List<String> asNobody = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            asNobody.addAll(List.of("setpriv", "--reuid=65534", "--clear-groups"));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            assumeTrue(succeeds(asNobody, "test", "-r", classPath().split(File.pathSeparator)[0], "-a", "-x", folder.toString()),
                    "nobody may not see the project's folder");
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        assertThat(start(asNobody, file).inputReader().readLine())
                .isEqualTo(file + ": permission denied to write (readonly or snapshot=on does without)");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assertThat(start(asNobody, file).inputReader().readLine()).isEqualTo(file + ": permission denied");
    }

    private static Process start(List<String> prefix, Path file) throws IOException, URISyntaxException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath(),
                DriveWriter.class.getName(), file.toString()));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static boolean succeeds(List<String> prefix, String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(Stream.concat(prefix.stream(), Stream.of(command)).toList())
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String classPath() throws URISyntaxException {
        List<String> places = new ArrayList<>();
        for (Class<?> type : List.of(DriveWriter.class, Drive.class)) {
            places.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
        }
        return String.join(File.pathSeparator, places);
    }
}
