package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.SerialInputQueue;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveException;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveSpec.Access;
import trapframe.device.drive.DriveSpec.Bus;
import trapframe.machine.DriveOpener;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/**
 * What Linux sees when the host's files fail: an I/O error of the request that met the fault, and nothing else. And a disk that changes
 * its size while it is used.
 */
class DebianDiskFaultsTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final int BAD_SECTOR = 1000;
    private static final RunLimits LIMIT = new RunLimits(60_000_000_000L);
    private static final String READY = "READY\r\n";

    private static final String SCRIPT = """
            sectors() { dd if=/dev/$1 of=/dev/null bs=512 skip=$2 count=$3 iflag=direct 2> /dev/null && echo $4 ok || echo $4 failed; }
            sectors vdb 3000 1 TRUNCATED-BEFORE
            echo READY
            read line
            echo RESIZED $(cat /sys/block/vda/size /sys/block/vde/size)
            sectors vdb 3000 1 TRUNCATED-BEHIND
            sectors vdb 0 8 TRUNCATED-FRONT
            sectors vdc 992 8 BAD-BESIDE
            sectors vdc 1000 1 BAD-ITSELF
            sectors vdc 1008 8 BAD-BEHIND
            dd if=/dev/urandom of=/dev/vdc bs=4096 seek=125 count=1 oflag=direct 2> /dev/null
            sectors vdc 1000 8 BAD-WRITTEN
            dd if=/dev/urandom of=/dev/vdd bs=4096 count=4 conv=fsync 2> /dev/null && echo FULL stored || echo FULL failed
            sectors vdd 100 8 FULL-READ
            dd if=/dev/urandom of=/dev/vde bs=4096 seek=511 count=1 oflag=direct 2> /dev/null && echo GROWN ok || echo GROWN failed
            echo "still here" > /file
            mount -o remount,ro / && sync && echo ROOT ok
            poweroff -f
            """;

    @TempDir
    Path folder;

    @Test
    void theGuestSeesAnErrorOfTheRequestThatMetItAndAllElseGoesOn() throws Exception {
        Ext4Image.assumeAvailable();
        DebianDisk debian = new DebianDisk(DebianKernel.orSkip(), folder);
        Path root = debian.root("root", "16M", SCRIPT);
        Path truncated = Files.write(folder.resolve("truncated.img"), new byte[2 * MEBIBYTE]);
        Path grown = Files.write(folder.resolve("grown.img"), new byte[MEBIBYTE]);
        DriveOpener drives = (spec, worker) -> switch (spec.file().getFileName().toString()) {
            case "bad.img" -> new Drive(FaultyFile.withBadSector(spec.file(), MEBIBYTE, BAD_SECTOR), spec.access(), worker);
            case "full.img" -> new Drive(FaultyFile.full(spec.file(), MEBIBYTE), spec.access(), worker);
            default -> Drive.open(spec, worker);
        };
        MachineSpec spec = MachineSpec.standard().withDrives(drive(root), drive(truncated), drive(folder.resolve("bad.img")),
                drive(folder.resolve("full.img")), drive(grown));
        StringBuilder console = new StringBuilder();
        AtomicReference<Machine> running = new AtomicReference<>();
        SerialInputQueue input = new SerialInputQueue();
        Machine machine = debian.machine(spec, DebianDisk.DEFAULTS, input, value -> {
            console.append((char) value);
            if (console.length() > READY.length() && console.indexOf(READY, console.length() - READY.length()) >= 0) {
                running.get().requestStop();
            }
        }, drives);
        running.set(machine);

        assertThat(machine.run(LIMIT)).as(console.toString()).isInstanceOf(StopReason.Interrupted.class);
        try (FileChannel file = FileChannel.open(truncated, StandardOpenOption.WRITE)) {
            file.truncate(MEBIBYTE);
        }
        machine.resizeDrive(4, 2 * MEBIBYTE / Drive.SECTOR);
        input.append("\n".getBytes());
        machine.inputAvailable();
        StopReason reason = machine.run(LIMIT);

        assertThat(reason).as(console.toString()).isInstanceOf(StopReason.PowerOff.class);
        assertThat(console.toString().lines().filter(line -> line.matches("[A-Z-]+ .*"))).containsExactly(
                "TRUNCATED-BEFORE ok", "RESIZED " + (16 << 11) + " 4096", "TRUNCATED-BEHIND failed", "TRUNCATED-FRONT ok",
                "BAD-BESIDE ok", "BAD-ITSELF failed", "BAD-BEHIND ok", "BAD-WRITTEN ok", "FULL failed", "FULL-READ ok", "GROWN ok",
                "ROOT ok");
        assertThat(machine.complaints()).containsExactlyInAnyOrder(truncated + ": the file ends at 1048576",
                "bad.img: Input/output error", "full.img: No space left on device");
        assertThatThrownBy(machine::close).isInstanceOf(DriveException.class)
                .hasMessage("full.img: No space left on device (what the guest wrote last is lost)");
        assertThat(Ext4Image.read(root, "/file")).isEqualTo("still here\n");
        Ext4Image.assertClean(root);
        assertThat(Files.size(grown)).isEqualTo(2 * MEBIBYTE);
    }

    private static DriveSpec drive(Path file) {
        return new DriveSpec(file, Access.WRITE, Bus.PCI);
    }
}
