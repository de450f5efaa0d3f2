package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveSpec.Access;
import trapframe.device.drive.DriveSpec.Bus;
import trapframe.machine.MachineSpec;
import trapframe.machine.StopReason;

/**
 * Debian's kernels with their own virtio drivers: the root file system on one disk, and another one that is written and read as a
 * whole. Each way to reach a disk once.
 */
class DebianDiskTest {
    private static final int RAW_MEBIBYTES = 8;

    /** Several processes write, read, sync and remove files of many sizes; the sums of what is left are kept. */
    private static final String LOAD = """
            mkdir /load
            job() {
                i=0
                while [ $i -lt 12 ]; do
                    dd if=/dev/urandom of=/load/$1.$i bs=1k count=$((1 + $1 * i * 7 % 64)) 2> /dev/null
                    cat /load/$1.* | md5sum > /tmp/sum.$1
                    [ $((i % 5)) = 0 ] && sync
                    [ $i -gt 3 ] && rm /load/$1.$((i - 3))
                    i=$((i + 1))
                done
            }
            for n in 1 2 3 4; do job $n & done
            wait
            cd /load
            md5sum * > /sums
            cd /
            """;

    private static final String SCRIPT = """
            echo PROCESSORS $(grep -c ^processor /proc/cpuinfo)
            echo DISKS $(cat /sys/block/vda/size /sys/block/vdb/size)
            dd if=/dev/urandom of=/tmp/random bs=1M count=%d 2> /dev/null
            echo WRITTEN $(md5sum < /tmp/random)
            dd if=/tmp/random of=/dev/vdb bs=64k conv=fsync 2> /dev/null
            echo 3 > /proc/sys/vm/drop_caches
            echo READ $(md5sum < /dev/vdb)
            %s
            echo "from the guest" > /file
            echo INTERRUPTS $(grep -m1 virtio.-req.0 /proc/interrupts || grep -m1 'virtio' /proc/interrupts)
            echo OVER $(cat /proc/cmdline) > /cmdline
            mount -o remount,ro /
            sync
            grep -q acpi=off /proc/cmdline && reboot -f
            poweroff -f
            """.formatted(RAW_MEBIBYTES, LOAD);

    @TempDir
    Path folder;

    @BeforeEach
    void needsE2fsprogs() {
        Ext4Image.assumeAvailable();
    }

    @Test
    void bootsWithItsDefaultsOnFourProcessorsTwiceTheSame() throws Exception {
        DebianDisk debian = new DebianDisk(DebianKernel.orSkip(), folder);
        Path root = debian.root("root", "24M", SCRIPT);
        Path raw = raw("raw.img");
        Path rootCopy = Files.copy(root, folder.resolve("root-copy.img"));
        Path rawCopy = Files.copy(raw, folder.resolve("raw-copy.img"));
        MachineSpec spec = MachineSpec.standard().withCpus(4);

        DebianDisk.Run run = debian.run(spec.withDrives(drive(root, Bus.PCI), drive(raw, Bus.PCI)), DebianDisk.DEFAULTS);

        assertThat(run.reason()).as(run.console()).isInstanceOf(StopReason.PowerOff.class);
        assertThat(run.after("PROCESSORS")).isEqualTo("4");
        assertThat(run.after("INTERRUPTS")).contains("PCI-MSI");
        assertDisks(run, root, raw);
        assertThat(debian.run(spec.withDrives(drive(rootCopy, Bus.PCI), drive(rawCopy, Bus.PCI)), DebianDisk.DEFAULTS))
                .as("the same boot again").isEqualTo(run);
        assertThat(rootCopy).hasSameBinaryContentAs(root);
    }

    @Test
    void findsDisksOverMmioByAcpi() throws Exception {
        assertBoots(DebianKernel.orSkip(), Bus.MMIO, DebianDisk.DEFAULTS, "IO-APIC", StopReason.PowerOff.class);
    }

    @Test
    void findsDisksOnPciWithoutAnyApic() throws Exception {
        assertBoots(DebianKernel.orSkip(), Bus.PCI, DebianDisk.DEFAULTS + " nolapic noapic acpi=off pci=nomsi", "XT-PIC",
                StopReason.Reset.class);
    }

    @Test
    void bootsTheGenericKernelToo() throws Exception {
        assertBoots(DebianKernel.orSkip(DebianKernel.Flavour.GENERIC), Bus.PCI, DebianDisk.DEFAULTS, "PCI-MSI",
                StopReason.PowerOff.class);
    }

    private void assertBoots(DebianKernel kernel, Bus bus, String commandLine, String interrupts,
            Class<? extends StopReason> ending) throws Exception {
        DebianDisk debian = new DebianDisk(kernel, folder);
        Path root = debian.root("root", "24M", SCRIPT);
        Path raw = raw("raw.img");

        DebianDisk.Run run = debian.run(MachineSpec.standard().withDrives(drive(root, bus), drive(raw, bus)), commandLine);

        assertThat(run.reason()).as(run.console()).isInstanceOf(ending);
        assertThat(run.after("PROCESSORS")).isEqualTo("1");
        assertThat(run.after("INTERRUPTS")).contains(interrupts);
        assertDisks(run, root, raw);
    }

    /** What the guest wrote, synced and read is in the files, and the file system is whole. */
    private void assertDisks(DebianDisk.Run run, Path root, Path raw) throws Exception {
        assertThat(run.after("DISKS")).isEqualTo((24 << 11) + " " + (RAW_MEBIBYTES << 11));
        assertThat(run.after("READ")).isEqualTo(run.after("WRITTEN"));
        assertThat(run.after("WRITTEN")).startsWith(md5(raw));
        assertThat(run.complaints()).isEmpty();
        Ext4Image.assertClean(root);
        assertThat(Ext4Image.read(root, "/file")).isEqualTo("from the guest\n");
        Path out = Files.createDirectories(folder.resolve("out"));
        Ext4Image.copyOut(root, "/load", out);
        String[] sums = Ext4Image.read(root, "/sums").split("\n");
        assertThat(sums).hasSize(4 * 4);
        for (String sum : sums) {
            String[] fields = sum.split(" +");
            assertThat(md5(out.resolve("load").resolve(fields[1]))).as(fields[1]).isEqualTo(fields[0]);
        }
    }

    private Path raw(String name) throws IOException {
        return Files.write(folder.resolve(name), new byte[RAW_MEBIBYTES << 20]);
    }

    private static DriveSpec drive(Path file, Bus bus) {
        return new DriveSpec(file, Access.WRITE, bus);
    }

    private static String md5(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(Files.readAllBytes(file)));
    }
}
