package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
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
            blkdiscard -o 1048576 -l 2097152 /dev/vdb || echo "no discard"
            zeroout /dev/vdb || echo "no zeroout"
            echo 3 > /proc/sys/vm/drop_caches
            dd if=/dev/zero of=/tmp/random bs=1M seek=1 count=2 conv=notrunc 2> /dev/null
            dd if=/dev/zero of=/tmp/random bs=1M seek=4 count=1 conv=notrunc 2> /dev/null
            cmp /tmp/random /dev/vdb && echo CLEARED $(md5sum < /tmp/random)
            echo LIMITS $(cat /sys/block/vdb/queue/discard_max_bytes /sys/block/vdb/queue/write_zeroes_max_bytes)
            echo FEATURES $(cat /sys/block/vda/device/features)
            set -- /sys/block/vda/mq/*
            echo QUEUES $#
            echo ENTROPY $(cat /sys/class/misc/hw_random/rng_current) $(dd if=/dev/hwrng bs=32 count=1 2> /dev/null | wc -c)
            %s
            echo "from the guest" > /file
            echo INTERRUPTS $(grep -m1 virtio.-req.0 /proc/interrupts || grep -m1 'virtio' /proc/interrupts)
            echo OVER $(cat /proc/cmdline) > /cmdline
            mount -o remount,ro /
            sync
            grep -q acpi=off /proc/cmdline && reboot -f
            poweroff -f
            """.formatted(RAW_MEBIBYTES, LOAD);

    /** Feature bits (Virtio 1.2, 5.2.3 and 6): flush, queues, discard, write-zeroes; indirect descriptors, event indexes. */
    private static final List<Integer> FEATURES = List.of(9, 12, 13, 14, 28, 29);
    private static final int VERSION_1 = 32;

    @TempDir
    Path folder;
    private Path zeroout;

    @BeforeEach
    void needsE2fsprogs() throws Exception {
        Ext4Image.assumeAvailable();
        zeroout = AssembledProgram.linux("zeroout.S", folder.resolve("zeroout"));
    }

    @Test
    void bootsWithItsDefaultsOnFourProcessorsTwiceTheSame() throws Exception {
        DebianDisk debian = new DebianDisk(DebianKernel.orSkip(), folder);
        Path root = debian.root("root", "24M", SCRIPT, zeroout);
        Path raw = raw("raw.img");
        Path rootCopy = Files.copy(root, folder.resolve("root-copy.img"));
        Path rawCopy = Files.copy(raw, folder.resolve("raw-copy.img"));
        MachineSpec spec = MachineSpec.standard().withCpus(4);

        DebianDisk.Run run = debian.run(spec.withDrives(drive(root, Bus.PCI), drive(raw, Bus.PCI)), DebianDisk.DEFAULTS);

        assertThat(run.reason()).as(run.console()).isInstanceOf(StopReason.PowerOff.class);
        assertThat(run.after("PROCESSORS")).isEqualTo("4");
        assertThat(run.after("QUEUES")).isEqualTo("4");
        assertThat(run.after("INTERRUPTS")).contains("PCI-MSI");
        assertDisks(run, root, raw);
        assertThat(debian.run(spec.withDrives(drive(rootCopy, Bus.PCI), drive(rawCopy, Bus.PCI)), DebianDisk.DEFAULTS))
                .as("the same boot again").isEqualTo(run);
        assertThat(rootCopy).hasSameBinaryContentAs(root);
    }

    @Test
    void findsDisksOverMmioByAcpi() throws Exception {
        assertBoots(DebianKernel.orSkip(), 1, Bus.MMIO, Bus.MMIO, DebianDisk.DEFAULTS, "IO-APIC", StopReason.PowerOff.class);
    }

    @Test
    void findsDisksOnPciWithoutAnyApic() throws Exception {
        assertBoots(DebianKernel.orSkip(), 1, Bus.PCI, Bus.PCI, DebianDisk.DEFAULTS + " nolapic noapic acpi=off pci=nomsi", "XT-PIC",
                StopReason.Reset.class);
    }

    @Test
    void bootsTheGenericKernelOnSixteenProcessors() throws Exception {
        DebianDisk.Run run = assertBoots(DebianKernel.orSkip(DebianKernel.Flavour.GENERIC), 16, Bus.PCI, Bus.PCI, DebianDisk.DEFAULTS,
                "PCI-MSI", StopReason.PowerOff.class);

        assertThat(run.console()).contains("IOAPIC[0]: apic_id 16, version 17, address 0xfec00000, GSI 0-23");
    }

    @Test
    void theLegacyInterfacesServeTheSameDrivers() throws Exception {
        DebianDisk.Run run = assertBoots(DebianKernel.orSkip(), 1, Bus.PCI, Bus.MMIO_LEGACY,
                DebianDisk.DEFAULTS + " VIRTIO_PCI=force_legacy=1", "PCI-MSI", StopReason.PowerOff.class);

        assertThat(run.after("FEATURES").charAt(VERSION_1)).isEqualTo('0');
    }

    private DebianDisk.Run assertBoots(DebianKernel kernel, int cpus, Bus rootBus, Bus rawBus, String commandLine, String interrupts,
            Class<? extends StopReason> ending) throws Exception {
        DebianDisk debian = new DebianDisk(kernel, folder);
        Path root = debian.root("root", "24M", SCRIPT, zeroout);
        Path raw = raw("raw.img");
        MachineSpec spec = MachineSpec.standard().withCpus(cpus).withDrives(drive(root, rootBus), drive(raw, rawBus));

        DebianDisk.Run run = debian.run(spec, commandLine);

        assertThat(run.reason()).as(run.console()).isInstanceOf(ending);
        assertThat(run.after("PROCESSORS")).isEqualTo(Integer.toString(cpus));
        assertThat(run.after("INTERRUPTS")).contains(interrupts);
        assertDisks(run, root, raw);
        return run;
    }

    /** What the guest wrote, synced and read is in the files, and the file system is whole. */
    private void assertDisks(DebianDisk.Run run, Path root, Path raw) throws Exception {
        assertThat(run.after("DISKS")).isEqualTo((24 << 11) + " " + (RAW_MEBIBYTES << 11));
        assertThat(run.after("READ")).isEqualTo(run.after("WRITTEN"));
        assertThat(run.after("CLEARED")).as("discarded and cleared").startsWith(md5(raw));
        assertThat(run.after("LIMITS").split(" ")).hasSize(2).doesNotContain("0");
        assertThat(FEATURES).as("what the driver uses").allSatisfy(bit ->
                assertThat(run.after("FEATURES").charAt(bit)).as("bit %d", bit).isEqualTo('1'));
        assertThat(run.after("ENTROPY")).isEqualTo("virtio_rng.0 32");
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
