package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.timeline.SnapshotFile;
import trapframe.timeline.TimelineException;

class SnapshotFileTest {
    private static final long POSITION = 6_000_000;
    private static final int DAMAGES = 300;

    @TempDir
    Path folder;

    private Machine machine;
    private Path file;

    @BeforeEach
    void takeSnapshot() {
        machine = SproutMachine.open(SproutMachine.KTHREAD, new StringBuilder());
        machine.run(new RunLimits(POSITION));
        file = folder.resolve("snapshot");
        new SnapshotFile(machine).write(machine.snapshot(), file);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void aMachineFromAFileGoesOnAsTheOneThatWasStored() {
        machine.run(SproutMachine.LIMIT);
        try (Machine other = SproutMachine.open("", new StringBuilder())) {
            new SnapshotFile(other).restore(file);

            other.run(SproutMachine.LIMIT);
            assertThat(other.stateHash()).isEqualTo(machine.stateHash());
            assertThat(other.statistics()).isEqualTo(machine.statistics());
        }
    }

    @Test
    void zerosTakeNoRoom() throws IOException {
        assertThat(Files.size(file)).isLessThan(machine.spec().memoryBytes() / 8);
    }

    @Test
    void aMachineWithAnotherDescriptionRefusesIt() {
        MachineSpec larger = machine.spec().withMemory(16 << 20);
        try (Machine other = SproutMachine.open(larger, "")) {
            assertThatThrownBy(() -> new SnapshotFile(other).restore(file)).isInstanceOf(TimelineException.class)
                    .hasMessageContaining(file + ": is of a machine with another description");
        }
    }

    @Test
    void aBitThatChangedIsNoticed() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        SnapshotFile snapshots = new SnapshotFile(machine);
        Random random = new Random(3);
        for (int i = 0; i < DAMAGES; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            assertThatThrownBy(() -> snapshots.read(file)).isInstanceOf(TimelineException.class).hasMessageStartingWith(file + ": ");
        }
    }

    @Test
    void aFileThatEndsTooEarlyIsNoticed() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        SnapshotFile snapshots = new SnapshotFile(machine);
        Random random = new Random(4);
        for (int i = 0; i < DAMAGES; i++) {
            Files.write(file, Arrays.copyOf(whole, i < 100 ? i : random.nextInt(whole.length)));
            assertThatThrownBy(() -> snapshots.read(file)).isInstanceOf(TimelineException.class).hasMessageStartingWith(file + ": ");
        }
    }

    @Test
    void aFileOfAnotherVersionIsRefused() throws IOException {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        String version = bytes.split(" ")[2];
        Files.writeString(file, bytes.replaceFirst(version, "99.1"), StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> new SnapshotFile(machine).read(file)).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": was made by Trapframe 99.1, this is " + version);
    }

    @Test
    void aFileOfAnotherBuildOfTheSameVersionIsRefused() throws IOException {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        Files.writeString(file, bytes.replaceFirst(" [0-9a-f]{16}\n", " 0123456789abcdef\n"), StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> new SnapshotFile(machine).read(file)).isInstanceOf(TimelineException.class)
                .hasMessageContaining(file + ": was made by another build of Trapframe");
    }

    @Test
    void aFileThatIsSomethingElseIsRefused() throws IOException {
        Files.write(file, new byte[1 << 20]);

        assertThatThrownBy(() -> new SnapshotFile(machine).read(file)).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": is no snapshot of Trapframe");
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothing() throws IOException {
        Path full = Files.createDirectory(folder.resolve("full"));
        Files.write(full.resolve("something"), new byte[1]);

        assertThatThrownBy(() -> new SnapshotFile(machine).write(machine.snapshot(), full)).isInstanceOf(TimelineException.class)
                .hasMessage(full + ": is a directory");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        Path missing = folder.resolve("missing");

        assertThatThrownBy(() -> new SnapshotFile(machine).read(missing)).isInstanceOf(TimelineException.class)
                .hasMessage(missing + ": no such file or folder");
    }

    @Test
    void drivesMustHaveTheSameContentAndStayAsTheyAre() throws IOException {
        Path disk = Files.write(folder.resolve("disk"), new byte[4096]);
        MachineSpec spec = machine.spec().withDrives(new DriveSpec(disk, DriveSpec.Access.SNAPSHOT, DriveSpec.Bus.PCI));
        try (Machine withDrive = SproutMachine.open(spec, "")) {
            new SnapshotFile(withDrive).write(withDrive.snapshot(), file);
        }
        try (Machine again = SproutMachine.open(spec, "")) {
            new SnapshotFile(again).restore(file);
        }
        Files.write(disk, new byte[] {1, 2, 3});
        Files.write(disk, Arrays.copyOf(new byte[] {1}, 4096));
        try (Machine changed = SproutMachine.open(spec, "")) {
            assertThatThrownBy(() -> new SnapshotFile(changed).restore(file)).isInstanceOf(TimelineException.class)
                    .hasMessageContaining("drives had another content");
        }
        try (Machine writing = SproutMachine.open(spec.withDrives(new DriveSpec(disk, DriveSpec.Access.WRITE, DriveSpec.Bus.PCI)), "")) {
            assertThatThrownBy(() -> new SnapshotFile(writing)).isInstanceOf(TimelineException.class)
                    .hasMessageContaining("snapshot=on");
        }
    }
}
