package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.StopReason;

/** A disk that writes over code which has just run: the processor runs what the disk wrote. */
class DiskWritesCodeTest {
    private static final int SECTORS = 64;
    private static final long LIMIT = 100_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    @TempDir
    private Path folder;
    private Path kernel;
    private Path disk;

    @BeforeEach
    void build() throws IOException, InterruptedException {
        kernel = AssembledProgram.kernel("disk.S", folder.resolve("disk.elf"));
        ByteBuffer sectors = ByteBuffer.allocate(SECTORS * Drive.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        for (int sector = 0; sector < SECTORS; sector++) {
            // mov eax, sector; ret
            sectors.position(sector * Drive.SECTOR).put((byte) 0xb8).putInt(sector).put((byte) 0xc3);
        }
        disk = Files.write(folder.resolve("disk.img"), sectors.array());
    }

    @Test
    void runsWhatTheDiskWroteLast() throws IOException {
        try (Machine machine = machine(DriveSpec.Access.READ_ONLY)) {
            assertThat(machine.run(new RunLimits(LIMIT))).isEqualTo(SUCCESS);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {15_000, 400_000, 1_000_000})
    void goesOnFromASnapshotWithARequestUnderWay(long position) throws IOException {
        try (Machine machine = machine(DriveSpec.Access.SNAPSHOT); Machine other = machine(DriveSpec.Access.SNAPSHOT)) {
            assertThat(machine.run(new RunLimits(position))).isEqualTo(new StopReason.PositionLimit());
            Snapshot snapshot = machine.snapshot();
            assertThat(machine.run(new RunLimits(LIMIT))).isEqualTo(SUCCESS);
            String hash = machine.stateHash();
            for (Machine again : List.of(machine, other)) {
                again.restore(snapshot);
                assertThat(again.run(new RunLimits(LIMIT))).isEqualTo(SUCCESS);
                assertThat(again.stateHash()).isEqualTo(hash);
            }
        }
    }

    private Machine machine(DriveSpec.Access access) throws IOException {
        return new Machine(MachineSpec.standard().withDrives(new DriveSpec(disk, access, DriveSpec.Bus.PCI)), BootImage.open(kernel),
                BootParameters.of(""), new SerialInputQueue(), value -> { });
    }

    @Test
    void asQemuDoes() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(kernel, "", Duration.ofSeconds(30), "-drive", "if=virtio,format=raw,readonly=on,file=" + disk);
        assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(0x10));
    }
}
