package trapframe.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.device.SerialOutput;
import trapframe.device.drive.Drive;
import trapframe.machine.DriveOpener;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/**
 * A Debian kernel whose root file system is on the first disk: the initramfs inserts the modules, mounts it, and hands over to the
 * script {@code /init} there.
 */
final class DebianDisk {
    /** The kernel's own defaults, but for the console and for what makes a failure end the run. */
    static final String DEFAULTS = "console=ttyS0 panic=-1";
    /** In code bytes: several times what a boot takes. */
    private static final RunLimits LIMIT = new RunLimits(60_000_000_000L);

    private final DebianKernel debian;
    private final Path folder;

    DebianDisk(DebianKernel debian, Path folder) {
        this.debian = debian;
        this.folder = folder;
    }

    /** How a run ended, what the console showed, and the hash and the position at the end. */
    record Run(StopReason reason, String console, String hash, long position, List<String> complaints) {
        List<String> lines() {
            return console.lines().map(String::stripTrailing).toList();
        }

        /** What follows a word and a space in the one line that starts with it. */
        String after(String word) {
            List<String> found = lines().stream().filter(line -> line.startsWith(word + " ")).toList();
            if (found.size() != 1) {
                throw new AssertionError(found.size() + " lines with " + word + " in\n" + console);
            }
            return found.getFirst().substring(word.length() + 1);
        }
    }

    /** A root file system with busybox and a script, whose commands are busybox's and the programs. */
    Path root(String name, String size, String script, Path... programs) throws IOException, InterruptedException {
        Path root = Files.createDirectories(folder.resolve(name + ".root"));
        for (String empty : List.of("bin", "dev", "proc", "sys", "tmp")) {
            Files.createDirectories(root.resolve(empty));
        }
        Path busybox = Files.copy(debian.busybox(), root.resolve("bin/busybox"));
        executable(busybox);
        for (String applet : List.of("sh", "mount", "grep", "cat", "echo", "dd", "sync", "md5sum", "mkdir", "rm", "umount", "poweroff",
                "reboot", "cut", "cmp", "seq", "stat", "wc", "sleep", "blkdiscard", "true", "test", "expr")) {
            Files.createSymbolicLink(root.resolve("bin/" + applet), Path.of("busybox"));
        }
        for (Path program : programs) {
            executable(Files.copy(program, root.resolve("bin").resolve(program.getFileName())));
        }
        executable(Files.writeString(root.resolve("init"), """
                #!/bin/sh
                export PATH=/bin
                mount -t proc proc /proc
                mount -t sysfs sysfs /sys
                mount -t devtmpfs devtmpfs /dev
                mount -t tmpfs tmpfs /tmp
                """ + script));
        return Ext4Image.make(folder.resolve(name + ".img"), root, size);
    }

    private static void executable(Path file) {
        if (!file.toFile().setExecutable(true, false)) {
            throw new AssertionError(file + " cannot be made executable");
        }
    }

    private Path initramfs() throws IOException {
        CpioArchive archive = new CpioArchive().folder("bin").folder("dev").folder("lib").folder("root")
                .characterDevice("dev/console", 5, 1)
                .program("bin/busybox", Files.readAllBytes(debian.busybox()));
        StringBuilder init = new StringBuilder("#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs devtmpfs /dev\n");
        for (Path module : debian.modules()) {
            archive.program("lib/" + module.getFileName(), Files.readAllBytes(module));
            // The kernel hands what it does not know on its command line to init's environment.
            init.append("/bin/busybox insmod /lib/").append(module.getFileName())
                    .append(module.endsWith("virtio_pci.ko") ? " $VIRTIO_PCI\n" : "\n");
        }
        init.append("""
                /bin/busybox mount -t ext4 /dev/vda /root || exit 1
                /bin/busybox umount /dev
                exec /bin/busybox switch_root /root /init
                """);
        byte[] content = archive.program("init", init.toString().getBytes(StandardCharsets.US_ASCII)).build();
        return Files.write(folder.resolve("initramfs.cpio"), content);
    }

    /** A machine that boots from its first drive. */
    Machine machine(MachineSpec spec, String commandLine, SerialInputQueue input, SerialOutput console, DriveOpener drives)
            throws IOException {
        return new Machine(spec, BootImage.open(debian.kernel()),
                BootParameters.of(commandLine, BootModule.open(initramfs().toString()).toArray(new BootModule[0])), input,
                console, drives);
    }

    /** Boots and runs to the end. */
    Run run(MachineSpec spec, String commandLine) throws IOException {
        StringBuilder console = new StringBuilder();
        try (Machine machine = machine(spec, commandLine, new SerialInputQueue(), value -> console.append((char) value),
                Drive::open)) {
            StopReason reason = machine.run(LIMIT);
            return new Run(reason, console.toString(), machine.stateHash(), machine.clock().position(), machine.complaints());
        }
    }
}
