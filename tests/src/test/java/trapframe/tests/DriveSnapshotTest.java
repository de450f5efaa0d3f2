package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveException;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;

/** Snapshots of a machine whose guest writes to a file of the host, which cannot go back. */
class DriveSnapshotTest {
    private static final int SECTORS = 64;

    @TempDir
    private Path folder;

    private Machine machine(String disk, String commandLine) throws IOException, InterruptedException {
        Path kernel = AssembledProgram.kernel("disk-load.S", folder.resolve("disk-load.elf"));
        Path file = Files.write(folder.resolve(disk), new byte[SECTORS * Drive.SECTOR]);
        MachineSpec spec = MachineSpec.standard().withMemory(4 << 20)
                .withDrives(new DriveSpec(file, DriveSpec.Access.WRITE, DriveSpec.Bus.PCI));
        return new Machine(spec, BootImage.open(kernel), BootParameters.of(commandLine), new SerialInputQueue(), value -> { });
    }

    @Test
    void aMachineThatCannotGoBackStaysAsItIsAndGoesOn() throws Exception {
        try (Machine machine = machine("disk.img", "flush"); Machine other = machine("other.img", "flush")) {
            machine.run(new RunLimits(1_000_000));
            Snapshot snapshot = machine.snapshot();
            machine.run(new RunLimits(3_000_000));
            long position = machine.clock().position();
            String hash = machine.stateHash();

            assertThatThrownBy(() -> machine.restore(snapshot)).isInstanceOf(DriveException.class)
                    .hasMessage(folder.resolve("disk.img") + ": was written since; only a drive with snapshot=on can go back over that");

            assertThat(machine.clock().position()).isEqualTo(position);
            assertThat(machine.stateHash()).isEqualTo(hash);
            machine.run(new RunLimits(5_000_000));
            other.run(new RunLimits(5_000_000));
            assertThat(machine.stateHash()).isEqualTo(other.stateHash());
        }
        assertThat(folder.resolve("disk.img")).hasSameBinaryContentAs(folder.resolve("other.img"));
    }

    @Test
    void aMachineWhoseGuestFlushedNothingSinceGoesBack() throws Exception {
        try (Machine machine = machine("disk.img", "")) {
            machine.run(new RunLimits(1_000_000));
            Snapshot snapshot = machine.snapshot();
            machine.run(new RunLimits(3_000_000));
            String hash = machine.stateHash();
            machine.restore(snapshot);
            machine.run(new RunLimits(3_000_000));
            assertThat(machine.stateHash()).isEqualTo(hash);
        }
    }
}
