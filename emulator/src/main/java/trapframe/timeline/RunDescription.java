package trapframe.timeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.boot.BootException;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.boot.ImageFile;
import trapframe.device.SerialInputQueue;
import trapframe.device.SerialOutput;
import trapframe.device.drive.DriveException;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;

/**
 * Where a run begins: the machine and all that it is given before its first instruction. With the inputs, it is the run. Files are
 * named, and told by their content.
 *
 * @param image       the kernel; empty for the one that comes with Trapframe
 * @param kernel      what the kernel's file has to be
 * @param commandLine the kernel's
 * @param modules     in order
 * @param drives      what the files of the machine's drives have to be
 * @param input       characters that wait for the console from the start
 * @param live        whether somebody was at the console, who might type at any time, so that a halted machine waits
 */
public record RunDescription(MachineSpec spec, Optional<Path> image, FileIdentity kernel, String commandLine,
                             List<Module> modules, List<FileIdentity> drives, byte[] input, boolean live) {
    /** A file loaded beside the kernel, and its arguments. */
    public record Module(Path file, FileIdentity content, String arguments) { }

    public RunDescription {
        if (drives.size() != spec.drives().size()) {
            throw new IllegalArgumentException(drives.size() + " files of " + spec.drives().size() + " drives");
        }
        if (writable(spec).isPresent()) {
            throw new IllegalArgumentException("the guest may write to the file of a drive");
        }
    }

    private static Optional<Path> writable(MachineSpec spec) {
        return spec.drives().stream().filter(drive -> drive.access() == DriveSpec.Access.WRITE).map(DriveSpec::file).findFirst();
    }

    /**
     * Describes a run that is to begin.
     *
     * @param isBundled whether the kernel is the one that comes with Trapframe
     * @throws TimelineException if a drive's file cannot be read, or the guest may change it
     */
    public static RunDescription of(MachineSpec spec, BootImage kernel, boolean isBundled, BootParameters parameters, byte[] input,
            boolean live) {
        writable(spec).ifPresent(file -> {
            throw TimelineException.of(file, "the guest may write to this drive, and a recording needs what it holds now: snapshot=on leaves"
                    + " the file as it is");
        });
        List<Module> modules = parameters.modules().stream().map(module -> new Module(absolute(module.file()),
                FileIdentity.of(module.file()), module.arguments())).toList();
        MachineSpec withPaths = spec.withDrives(spec.drives().stream().map(drive -> new DriveSpec(drive.file().toAbsolutePath(),
                drive.access(), drive.bus())).toArray(DriveSpec[]::new));
        return new RunDescription(withPaths, isBundled ? Optional.empty() : Optional.of(absolute(kernel.file())),
                FileIdentity.of(kernel.file()), parameters.commandLine(), modules,
                spec.drives().stream().map(drive -> FileIdentity.of(drive.file())).toList(), input, live);
    }

    private static Path absolute(ImageFile file) {
        return Path.of(file.name()).toAbsolutePath();
    }

    /**
     * Reads the files again, and checks that they are what they were.
     *
     * @param bundled where the kernel is that comes with Trapframe
     * @throws TimelineException if a file is not what it was
     */
    public Opener opener(Path bundled) {
        ImageFile kernelFile = reopen(image.orElse(bundled), kernel);
        List<BootModule> loaded = new ArrayList<>();
        for (Module module : modules) {
            loaded.add(new BootModule(reopen(module.file, module.content), module.arguments));
        }
        for (int i = 0; i < drives.size(); i++) {
            Path drive = spec.drives().get(i).file();
            if (!FileIdentity.of(drive).equals(drives.get(i))) {
                throw changed(drive);
            }
        }
        return new Opener(spec, BootImage.parse(kernelFile),
                new BootParameters(commandLine, loaded), input, live);
    }

    private static ImageFile reopen(Path file, FileIdentity content) {
        ImageFile opened = ImageFile.open(file);
        if (!FileIdentity.of(opened).equals(content)) {
            throw changed(file);
        }
        return opened;
    }

    private static TimelineException changed(Path file) {
        return TimelineException.of(file, "has changed since the recording");
    }

    /** Makes machines that are as the run's was before its first instruction; the files were checked. */
    public record Opener(MachineSpec spec, BootImage image, BootParameters parameters, byte[] input, boolean live) {
        /**
         * @throws BootException  if the image does not fit the machine
         * @throws DriveException if a drive's file cannot be used
         */
        public Machine open(SerialOutput console) {
            SerialInputQueue queue = new SerialInputQueue();
            queue.append(input);
            if (live) {
                queue.attend();
            }
            return new Machine(spec, image, parameters, queue, console);
        }
    }
}
