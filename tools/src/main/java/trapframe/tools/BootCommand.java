package trapframe.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.tools.console.ConsoleOutput;
import trapframe.tools.console.Keyboard;

/** {@code trapframe boot}: boots an image and stays until it ends. */
@Command(name = "boot", sortOptions = false,
        description = "Boots a kernel image: ELF with PVH or Multiboot, or a Linux bzImage.",
        footer = {"", "With a terminal, keys go to the guest: " + Keyboard.Wishes.HELP + ". Virtual time then does not "
                + "run ahead of the host's.",
                "", "Exit codes: 0 ended well, 1 the guest failed, 2 wrong use, 3 halted for good, 4 limit reached.",
                "", "Example: trapframe boot vmlinuz --initrd initrd.img --append console=ttyS0 --until 'login:'"})
final class BootCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 10;

    @Parameters(arity = "0..1", paramLabel = "IMAGE", description = "The kernel; without it, the bundled one.")
    private Path image;

    @Mixin
    private MachineOptions options;

    @Option(names = "--console", paramLabel = "FILE",
            description = "Writes the guest's console to a file instead of the standard output.")
    private Path consoleFile;

    @Option(names = "--json",
            description = "Prints the result as one JSON document; the console then goes to --console, or nowhere.")
    private boolean json;

    @Option(names = "--stats", description = "Says at the end how far the machine came, and at what speed.")
    private boolean statistics;

    @Mixin
    private HelpOption help;

    @Override
    public Integer call() throws IOException {
        options.check();
        BootImage kernel = MachineOptions.image(Optional.ofNullable(image));
        BootParameters parameters = options.bootParameters();
        byte[] input = options.inputFile();
        ConsoleOutput console = new ConsoleOutput(destination());
        boolean attended = consoleFile == null && !json && Keyboard.isTerminal();
        BootSession session = new BootSession(options, console, json || statistics);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(session, ended, console), "stop"));
        try {
            return report(run(session, console, kernel, parameters, input, attended), console, attended);
        } finally {
            ended.countDown();
        }
    }

    private static BootResult run(BootSession session, ConsoleOutput console, BootImage kernel, BootParameters parameters, byte[] input,
            boolean attended) throws IOException {
        try (console) {
            return session.run(kernel, parameters, input, attended);
        }
    }

    /** The process was told to end: what the guest wrote is stored first, unless the host takes too long over it. */
    private static void stop(BootSession session, CountDownLatch ended, ConsoleOutput console) {
        session.stop();
        try {
            if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                console.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int report(BootResult result, ConsoleOutput console, boolean attended) throws IOException {
        if (result.ending() == BootResult.Ending.OUTPUT_FAILED) {
            return outputFailed(console.failure());
        }
        if (attended && !console.atLineStart()) {
            System.err.println();
        }
        if (json) {
            Json.print(result.document());
        } else {
            result.complaints().forEach(Say::line);
            Say.line(result.sentence());
            if (statistics) {
                result.statisticsLines().forEach(Say::line);
            }
        }
        return result.exitCode();
    }

    private OutputStream destination() {
        if (consoleFile != null) {
            try {
                return Files.newOutputStream(consoleFile);
            } catch (IOException e) {
                throw new UserError(consoleFile + ": cannot be written" + (Files.isDirectory(consoleFile) ? ": is a directory" : ""));
            }
        }
        return json ? OutputStream.nullOutputStream() : new FileOutputStream(FileDescriptor.out);
    }

    /** A reader that has seen enough is no error worth a word; a full disk is. */
    private int outputFailed(IOException failure) {
        if (consoleFile == null && "Broken pipe".equals(failure.getMessage())) {
            return ExitCode.OUTPUT_CLOSED;
        }
        throw new UserError("the console cannot be written: " + failure.getMessage());
    }
}
