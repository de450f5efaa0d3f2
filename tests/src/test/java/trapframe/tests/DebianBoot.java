package trapframe.tests;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/**
 * A boot of a Linux kernel with the initramfs of {@link DebianKernel}: how it ended, what the console showed, and the hash and the
 * position at the end.
 */
record DebianBoot(StopReason reason, String console, String hash, long position, long tlbMisses) {
    /** In code bytes: several times what a boot takes. */
    private static final long LIMIT = 40_000_000_000L;

    /** Runs to its end, from a position on for a while in single steps. */
    static DebianBoot stepped(Path kernel, Path initramfs, String commandLine, long window) throws IOException {
        StringBuilder console = new StringBuilder();
        try (Machine machine = machine(kernel, initramfs, commandLine, console)) {
            return of(machine, SteppedWindow.run(machine, window, new RunLimits(LIMIT)), console);
        }
    }

    /** Runs to its end. */
    static DebianBoot run(Path kernel, Path initramfs, String commandLine) throws IOException {
        return run(kernel, initramfs, commandLine, LIMIT);
    }

    /** Runs to a position, and from there to its end: how it was at each. */
    static List<DebianBoot> inTwoParts(Path kernel, Path initramfs, String commandLine, long position) throws IOException {
        StringBuilder console = new StringBuilder();
        try (Machine machine = machine(kernel, initramfs, commandLine, console)) {
            DebianBoot first = of(machine, machine.run(new RunLimits(position)), console);
            return List.of(first, of(machine, machine.run(new RunLimits(LIMIT)), console));
        }
    }

    /** Runs up to a position. */
    static DebianBoot run(Path kernel, Path initramfs, String commandLine, long position) throws IOException {
        return run(MachineSpec.standard(), kernel, initramfs, commandLine, position);
    }

    /** Runs a machine with a description up to a position. */
    static DebianBoot run(MachineSpec spec, Path kernel, Path initramfs, String commandLine, long position) throws IOException {
        StringBuilder console = new StringBuilder();
        try (Machine machine = machine(spec, kernel, initramfs, commandLine, console)) {
            return of(machine, machine.run(new RunLimits(position)), console);
        }
    }

    private static Machine machine(Path kernel, Path initramfs, String commandLine, StringBuilder console) throws IOException {
        return machine(MachineSpec.standard(), kernel, initramfs, commandLine, console);
    }

    private static Machine machine(MachineSpec spec, Path kernel, Path initramfs, String commandLine, StringBuilder console)
            throws IOException {
        return new Machine(spec, BootImage.open(kernel),
                BootParameters.of(commandLine, BootModule.open(initramfs.toString()).toArray(new BootModule[0])),
                new SerialInputQueue(), value -> console.append((char) value));
    }

    private static DebianBoot of(Machine machine, StopReason reason, StringBuilder console) {
        return new DebianBoot(reason, console.toString(), machine.stateHash(), machine.clock().position(),
                machine.cpus().getFirst().tlbFills());
    }

    /** Looking costs TLB misses, and nothing else. */
    DebianBoot withoutMisses() {
        return new DebianBoot(reason, console, hash, position, 0);
    }

    /** The console's lines without the kernel's times. */
    List<String> lines() {
        return console.lines().map(line -> line.replaceFirst("^\\[ *\\d+\\.\\d+] ", "")).toList();
    }
}
