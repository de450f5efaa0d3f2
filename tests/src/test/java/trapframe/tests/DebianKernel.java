package trapframe.tests;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.MachineSpec;
import trapframe.machine.StopReason;

/**
 * One of Debian's unmodified kernels for amd64 with the modules that it needs for disks, and an initramfs of busybox whose init shows
 * that user space runs, and switches the machine off, or reboots it where ACPI is off. The packages come from the machine's own package source and stay in the cache folder.
 *
 * @param kernel    a bzImage
 * @param initramfs an uncompressed cpio archive
 * @param busybox   statically linked
 * @param modules   in an order in which they can be inserted
 */
record DebianKernel(Path kernel, Path initramfs, Path busybox, List<Path> modules) {
    /** Which of Debian's kernels. */
    enum Flavour {
        CLOUD("linux-image-cloud-amd64", "debian-kernel"),
        GENERIC("linux-image-amd64", "debian-kernel-generic");

        private final String packageName;
        private final String cacheFolder;

        Flavour(String packageName, String cacheFolder) {
            this.packageName = packageName;
            this.cacheFolder = cacheFolder;
        }
    }

    /** The line that init writes first. After it come {@code uname -a} and the names in the root folder. */
    static final String MARKER = "TRAPFRAME-USERSPACE-OK";

    /** Boots on a PC that has no more than 8259, 8254, 16550 and CMOS clock, and restarts it when anything fails. */
    static final String COMMAND_LINE = "console=ttyS0 earlyprintk=serial,ttyS0,115200 nolapic noapic acpi=off pci=off"
            + " nokaslr mitigations=off panic=-1";

    /** Boots on what firmware describes, and restarts the machine when anything fails. */
    static final String DEFAULTS = "console=ttyS0 panic=-1";

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc proc /proc
            /bin/busybox mount -t sysfs sysfs /sys
            /bin/busybox mount -t devtmpfs devtmpfs /dev
            /bin/busybox echo %s
            /bin/busybox uname -a
            /bin/busybox ls /
            /bin/busybox grep -q acpi=off /proc/cmdline && /bin/busybox reboot -f
            /bin/busybox poweroff -f
            """.formatted(MARKER);

    private static final String BUSYBOX_PACKAGE = "busybox-static:amd64";
    /** What a kernel needs for a file system on a virtio disk, if it does not have it built in. */
    private static final List<String> MODULES =
            List.of("virtio_pci", "virtio_mmio", "virtio_blk", "virtio-rng", "crc32c_generic", "ext4");

    private static final long MAP_BYTES = 16 << 20;

    private static final class Once {
        private static final Map<Flavour, DebianPackage.Result<DebianKernel>> ANSWERS = new EnumMap<>(Flavour.class);
    }

    /** Gets the cloud kernel, or the reason why that is impossible. */
    static DebianPackage.Result<DebianKernel> obtain() {
        return obtain(Flavour.CLOUD);
    }

    /** Gets a kernel, or the reason why that is impossible. The first call in a JVM does the work. */
    static DebianPackage.Result<DebianKernel> obtain(Flavour flavour) {
        synchronized (Once.ANSWERS) {
            return Once.ANSWERS.computeIfAbsent(flavour,
                    wanted -> DebianPackage.obtain(wanted.cacheFolder, folder -> in(folder, wanted)));
        }
    }

    /** Gets the cloud kernel, or skips the test with the reason why that is impossible. */
    static DebianKernel orSkip() {
        return orSkip(Flavour.CLOUD);
    }

    static DebianKernel orSkip(Flavour flavour) {
        return switch (obtain(flavour)) {
            case DebianPackage.Result.Obtained<DebianKernel>(DebianKernel kernel) -> kernel;
            case DebianPackage.Result.Missing<DebianKernel>(String reason) ->
                    Assumptions.abort("Debian's kernel cannot be had: " + reason);
        };
    }

    /**
     * The kernel's names and addresses, as its own /proc/kallsyms has them when it does not move itself ({@code nokaslr}): Debian packs its
     * System.map elsewhere. The first call boots the kernel for it, which takes some seconds.
     */
    Path systemMap() throws IOException {
        Path map = kernel.resolveSibling("System.map");
        synchronized (Once.ANSWERS) {
            if (!Files.exists(map)) {
                List<String> own = kallsyms("", modules).stream().filter(line -> !line.endsWith("]")).toList();
                Path written = Files.write(kernel.resolveSibling("System.map.new"), own);
                Files.move(written, map, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return map;
    }

    /** As {@link #systemMap}, with the names of a module that is the first one to be inserted, and of those for disks behind it. */
    List<String> kallsyms(Path module, String parameters) throws IOException {
        return kallsyms(parameters, Stream.concat(Stream.of(module), modules.stream()).toList());
    }

    private List<String> kallsyms(String parameters, List<Path> inserted) throws IOException {
        Path folder = Files.createTempDirectory(kernel.getParent(), "kallsyms");
        Path disk = folder.resolve("disk");
        Path archive = folder.resolve("initramfs.cpio");
        try {
            try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(MAP_BYTES);
            }
            CpioArchive files = new CpioArchive().folder("bin").folder("dev").folder("lib").folder("proc").characterDevice("dev/console", 5, 1)
                    .program("bin/busybox", Files.readAllBytes(busybox));
            StringBuilder init = new StringBuilder("#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs devtmpfs /dev\n/bin/busybox mount -t proc proc /proc\n");
            for (Path module : inserted) {
                files.program("lib/" + module.getFileName(), Files.readAllBytes(module));
                init.append("/bin/busybox insmod /lib/").append(module.getFileName()).append(module == inserted.getFirst() ? ' ' + parameters : "").append('\n');
            }
            init.append("/bin/busybox dd if=/proc/kallsyms of=/dev/vda bs=64k conv=fsync\n/bin/busybox poweroff -f\n");
            Files.write(archive, files.program("init", init.toString().getBytes(StandardCharsets.US_ASCII)).build());
            DriveSpec drive = new DriveSpec(disk, DriveSpec.Access.WRITE, DriveSpec.Bus.PCI);
            DebianBoot boot = DebianBoot.run(MachineSpec.standard().withDrives(drive), kernel, archive, DEFAULTS + " nokaslr quiet", 60_000_000_000L);
            if (!(boot.reason() instanceof StopReason.PowerOff)) {
                throw new AssertionError("the kernel did not tell its symbols: " + boot.console());
            }
            String text = new String(Files.readAllBytes(disk), StandardCharsets.US_ASCII);
            return text.substring(0, text.indexOf(0)).lines().toList();
        } finally {
            Files.deleteIfExists(disk);
            Files.deleteIfExists(archive);
            Files.delete(folder);
        }
    }

    private static DebianKernel in(Path folder, Flavour flavour)
            throws IOException, InterruptedException, DebianPackage.Impossible {
        Path kernel = folder.resolve("vmlinuz");
        Path modules = folder.resolve("modules");
        if (!Files.exists(kernel) || !Files.exists(modules)) {
            String name = DebianPackage.newest(folder, flavour.packageName, "linux-image-\\d\\S*");
            DebianPackage.unpack(folder, name, unpacked -> {
                Path taken = KernelModules.copy(unpacked, MODULES, Files.createTempDirectory(folder, "modules"));
                Files.move(DebianPackage.only(unpacked, "boot/vmlinuz-.*", name), kernel, StandardCopyOption.REPLACE_EXISTING);
                Files.move(taken, modules, StandardCopyOption.ATOMIC_MOVE);
            });
        }
        Path busybox = folder.resolve("busybox");
        if (!Files.exists(busybox)) {
            DebianPackage.take(folder, BUSYBOX_PACKAGE, busybox, "(usr/)?bin/busybox");
        }
        Path initramfs = folder.resolve("initramfs.cpio");
        byte[] content = initramfs(Files.readAllBytes(busybox));
        if (!Files.exists(initramfs) || !Arrays.equals(content, Files.readAllBytes(initramfs))) {
            Path written = Files.write(folder.resolve("initramfs.new"), content);
            Files.move(written, initramfs, StandardCopyOption.ATOMIC_MOVE);
        }
        return new DebianKernel(kernel, initramfs, busybox, KernelModules.inOrder(modules));
    }

    static byte[] initramfs(byte[] busybox) {
        return new CpioArchive()
                .folder("bin").folder("dev").folder("proc").folder("sys")
                .characterDevice("dev/console", 5, 1)
                .program("bin/busybox", busybox)
                .program("init", INIT.getBytes(StandardCharsets.US_ASCII))
                .build();
    }
}
