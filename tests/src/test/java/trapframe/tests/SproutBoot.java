package trapframe.tests;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.boot.ImageFile;
import trapframe.device.SerialInputQueue;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.SproutMachine;

/**
 * A boot of Sprout in Trapframe.
 *
 * @param image       the kernel
 * @param commandLine Sprout's options
 * @param input       what is typed at the console, all of it at once; the console hangs up behind it
 * @param disk        the module that Sprout takes for a disk, if there is one
 */
record SproutBoot(Path image, MachineSpec machine, String commandLine, String input, Optional<Path> disk) {
    static final Path IMAGE = SproutMachine.IMAGE;
    static final int MEMORY_MIB = 128;
    /** For what is done often: little to clear and to hash. */
    static final int SMALL_MEMORY_MIB = 8;
    static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);
    static final StopReason FAILURE = new StopReason.GuestExit(0x01, false);
    /** In positions: several times what any run here takes. */
    private static final RunLimits LIMIT = new RunLimits(10_000_000_000L);

    /** How a run ended, what the console showed, and the hash and the position at the end. */
    record Run(StopReason reason, String console, String hash, long position) {
        List<String> lines() {
            return console.lines().toList();
        }

        /** The lines that follow the boot stages. */
        List<String> linesAfterStages() {
            List<String> lines = lines();
            return lines.subList(lines.indexOf(SproutUnderQemuTest.CONSOLE.getLast()) + 1, lines.size());
        }
    }

    /** What a test does with a machine instead of letting it run to its end. */
    interface Session {
        StopReason run(Machine machine, SerialInputQueue keyboard, StringBuilder console);
    }

    static SproutBoot of(String commandLine) {
        return new SproutBoot(IMAGE, withMemory(MachineSpec.standard(), SMALL_MEMORY_MIB), commandLine, "", Optional.empty());
    }

    SproutBoot withImage(Path other) {
        return new SproutBoot(other, machine, commandLine, input, disk);
    }

    SproutBoot typed(String keys) {
        return new SproutBoot(image, machine, commandLine, keys, disk);
    }

    SproutBoot withMemory(int mib) {
        return new SproutBoot(image, withMemory(machine, mib), commandLine, input, disk);
    }

    private static MachineSpec withMemory(MachineSpec machine, int mib) {
        return machine.withMemory((long) mib << 20);
    }

    /** With the timer's interrupts so many positions earlier. */
    SproutBoot withTimerPhase(long positions) {
        return new SproutBoot(image, machine.withTimerPhase(positions), commandLine, input, disk);
    }

    SproutBoot withDisk(Path file) {
        return new SproutBoot(image, machine, commandLine, input, Optional.of(file));
    }

    SproutBoot withCpus(int number) {
        return new SproutBoot(image, machine.withCpus(number), commandLine, input, disk);
    }

    SproutBoot withDrives(DriveSpec... drives) {
        return new SproutBoot(image, machine.withDrives(drives), commandLine, input, disk);
    }

    Run run() {
        return run((machine, keyboard, console) -> machine.run(LIMIT));
    }

    /** With a window in single steps that begins at a position. */
    Run runWithWindow(long position) {
        return run((machine, keyboard, console) -> SteppedWindow.run(machine, position, LIMIT));
    }

    Run run(Session session) {
        StringBuilder console = new StringBuilder();
        SerialInputQueue keyboard = new SerialInputQueue();
        keyboard.append(input.getBytes(StandardCharsets.ISO_8859_1));
        BootModule[] modules = disk.map(file -> new BootModule(ImageFile.open(file), "")).stream().toArray(BootModule[]::new);
        try (Machine running = new Machine(machine, BootImage.open(image),
                BootParameters.of(commandLine, modules), keyboard, value -> console.append((char) value))) {
            StopReason reason = session.run(running, keyboard, console);
            return new Run(reason, console.toString(), running.stateHash(), running.clock().position());
        }
    }
}
