package trapframe.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.MachineSpec;
import trapframe.memory.GuestMemory;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.tasks.TaskReader;

/** The options that describe a machine and what it is given; the same for every command that runs one. */
final class MachineOptions {
    static final String UNTIL_SYMBOL = "symbol:";
    /** What {@code --input} calls the standard input, live. */
    private static final String LIVE = "-";

    @Option(names = "--append", paramLabel = "TEXT", description = "The kernel's command line.")
    private String append = "";

    @Option(names = "--initrd", paramLabel = "FILE",
            description = "Initial RAM disk; for Multiboot kernels modules, as FILE ARGUMENTS,FILE ARGUMENTS.")
    private String initrd;

    @Option(names = "--drive", paramLabel = "FILE[,OPTION...]", converter = DriveOption.class,
            description = "A disk (virtio-blk) with a file's content; may be given again. readonly: the guest cannot write. snapshot=on: "
                    + "what it writes is kept in memory, and the file stays as it is. bus=pci (default), bus=mmio or "
                    + "bus=mmio-legacy.")
    private List<DriveSpec> drives = new ArrayList<>();

    @Option(names = "--memory", paramLabel = "SIZE", converter = Quantity.MemorySize.class,
            description = "RAM, 1M to 3G (default: ${DEFAULT-VALUE}).", defaultValue = "256M")
    private long memory;

    @Option(names = "--cpus", paramLabel = "N", description = "Number of CPUs, 1 to 16 (default: ${DEFAULT-VALUE}).", defaultValue = "1")
    private int cpus;

    @Option(names = "--turn", paramLabel = "TIME", converter = Quantity.VirtualNanos.class,
            description = "How long a CPU runs while others have something to do, in virtual time (default: ${DEFAULT-VALUE}).",
            defaultValue = "1us")
    private long turnNanos;

    @Option(names = "--input", paramLabel = "FILE",
            description = "Console input: a file, taken as fast as the guest reads it, or - for the standard input as "
                    + "it comes. Without it, the terminal if the console is shown there, else nothing.")
    private String input;

    @Option(names = "--until", paramLabel = "TEXT", description = "Stops well when the console shows this; symbol:NAME: before the instruction "
            + "at a symbol's address executes.")
    private String until;

    @Mixin
    private SymbolOptions symbols;

    @Option(names = "--fail", paramLabel = "TEXT", description = "Stops as failed when the console shows this.")
    private String fail;

    @Option(names = "--limit", paramLabel = "LIMIT", converter = Quantity.LimitConverter.class,
            description = "Stops after this much virtual time (10s, 500ms) or this many executed code bytes (5G).")
    private Quantity.Limit limit;

    @Option(names = "--timer-phase", paramLabel = "N", converter = Quantity.Positions.class,
            description = "Timer interrupts come N positions (executed code bytes; 5M) earlier: the same run, met by its ticks elsewhere "
                    + "(default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private long timerPhase;

    @Option(names = "--success-code", paramLabel = "BYTE", converter = Quantity.ByteValue.class,
            description = "What the guest writes to port 0xf4 for success (default: ${DEFAULT-VALUE}).",
            defaultValue = "0x10")
    private int successCode;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Checks what the options' types cannot. */
    void check() {
        if (memory < 1 << 20 || memory > GuestMemory.MAX_SIZE || memory % GuestMemory.PAGE_SIZE != 0) {
            throw wrong("--memory must be 1M to 3G, in whole pages of 4096 bytes, not " + memory + " bytes");
        }
        if (cpus < 1 || cpus > MachineSpec.MAX_CPUS) {
            throw wrong("--cpus must be 1 to " + MachineSpec.MAX_CPUS + ", not " + cpus);
        }
        if (turnNanos < 1) {
            throw wrong("--turn must be 1ns at least");
        }
        if (timerPhase > MachineSpec.MAX_TIMER_PHASE) {
            throw wrong("--timer-phase must be 0 to " + MachineSpec.MAX_TIMER_PHASE + ", not " + timerPhase);
        }
        checkDrives();
        for (String text : new String[] {until, fail}) {
            if (text != null && text.isEmpty()) {
                throw wrong("--until and --fail need a text that is not empty");
            }
        }
    }

    private void checkDrives() {
        long onPci = drives.stream().filter(drive -> drive.bus() == DriveSpec.Bus.PCI).count();
        if (onPci > MachineSpec.MAX_PCI_DRIVES || drives.size() - onPci > MachineSpec.MAX_MMIO_DRIVES) {
            throw wrong("--drive can be given " + MachineSpec.MAX_PCI_DRIVES + " times for bus=pci and " + MachineSpec.MAX_MMIO_DRIVES
                    + " times for bus=mmio");
        }
        for (int i = 0; i < drives.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (isSameFile(drives.get(i).file(), drives.get(j).file())) {
                    throw new UserError(drives.get(i).file() + ": is given to two drives");
                }
            }
        }
    }

    private static boolean isSameFile(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            // The one that is not there is complained about when it is opened.
            return false;
        }
    }

    MachineSpec spec() {
        return MachineSpec.standard().withMemory(memory).withSuccessCode(successCode).withTimerPhase(timerPhase).withCpus(cpus)
                .withTurn(turnNanos).withDrives(drives.toArray(DriveSpec[]::new));
    }

    /** The text that ends the run well. */
    Optional<String> until() {
        return Optional.ofNullable(until).filter(text -> !text.startsWith(UNTIL_SYMBOL));
    }

    /** The symbol whose instruction ends the run well. */
    Optional<String> untilSymbol() {
        return Optional.ofNullable(until).filter(text -> text.startsWith(UNTIL_SYMBOL)).map(text -> text.substring(UNTIL_SYMBOL.length()));
    }

    /** Whether a run needs what {@link #symbols} reads, or the user named a file for it. */
    boolean needsSymbols() {
        return symbols.isNamed() || untilSymbol().isPresent();
    }

    /** What names addresses in an image; empty if nothing does. */
    Optional<KernelSymbols> symbols(BootImage image) {
        return symbols.symbols(image);
    }

    /** What reads the kernel's tasks; empty if nobody says how. */
    Optional<TaskReader> tasks(KernelSymbols known) {
        return symbols.tasks(known);
    }

    Optional<String> fail() {
        return Optional.ofNullable(fail);
    }

    Optional<Quantity.Limit> limit() {
        return Optional.ofNullable(limit);
    }

    /** The image to boot: the one that was named, else the bundled kernel. */
    static BootImage image(Optional<Path> named) {
        if (named.isEmpty() && !Files.exists(Project.bundledKernel())) {
            throw new UserError("the bundled kernel is not built (mvn -DskipTests package builds it), and no image is named");
        }
        return BootImage.open(named.orElseGet(Project::bundledKernel));
    }

    BootParameters bootParameters() {
        List<BootModule> modules = initrd == null ? List.of() : BootModule.open(initrd);
        return BootParameters.of(append, modules.toArray(BootModule[]::new));
    }

    /**
     * Whether the console input is the standard input as it comes.
     *
     * @param attended whether somebody sits at a terminal and sees the console
     */
    boolean liveInput(boolean attended) {
        return input == null ? attended : input.equals(LIVE);
    }

    /** Console input that is known from the start. */
    byte[] inputFile() {
        if (input == null || input.equals(LIVE)) {
            return new byte[0];
        }
        try {
            return Files.readAllBytes(Path.of(input));
        } catch (NoSuchFileException e) {
            throw new UserError(input + ": no such file");
        } catch (IOException e) {
            throw new UserError(input + ": cannot be read as console input"
                    + (Files.isDirectory(Path.of(input)) ? ": is a directory" : ""));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
