package trapframe.tools;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.timeline.RunDescription;
import trapframe.tools.console.ConsoleOutput;
import trapframe.tools.console.Keyboard;
import trapframe.tools.gdb.DebugOptions;

/** {@code trapframe boot}: boots an image and stays until it ends. */
@Command(name = "boot", sortOptions = false,
        description = "Boots a kernel image: ELF with PVH or Multiboot, or a Linux bzImage.",
        footer = {"", "With a terminal, keys go to the guest: " + Keyboard.Wishes.HELP + ". Virtual time then does not "
                + "run ahead of the host's.",
                "", "Exit codes: 0 ended well, 1 the guest failed, 2 wrong use, 3 a hang was proved, 4 limit reached.",
                "", "Example: trapframe boot vmlinuz --initrd initrd.img --append console=ttyS0 --until 'login:'"})
final class BootCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 10;

    @Parameters(arity = "0..1", paramLabel = "IMAGE", description = "The kernel; without it, the bundled one.")
    private Path image;

    @Mixin
    private MachineOptions options;

    @Mixin
    private OutputOptions output;

    @Mixin
    private DebugOptions debug;

    @Option(names = "--record", paramLabel = "FILE",
            description = "Writes a recording of the run, which trapframe replay does again.")
    private Path recording;

    @Mixin
    private HelpOption help;

    @Override
    public Integer call() throws IOException {
        options.check();
        debug.check();
        BootImage kernel = MachineOptions.image(Optional.ofNullable(image));
        BootParameters parameters = options.bootParameters();
        byte[] input = options.inputFile();
        boolean attended = output.showsConsole() && Keyboard.isTerminal();
        Supplier<RunDescription> description = () -> RunDescription.of(options.spec(), kernel, image == null, parameters, input,
                options.liveInput(attended));
        ConsoleOutput console = output.openConsole();
        BootSession session = new BootSession(options, console, output.wantsHash(), Optional.ofNullable(recording), description, debug);
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
            return output.outputFailed(console.failure());
        }
        if (attended && !console.atLineStart()) {
            System.err.println();
        }
        if (output.json()) {
            Json.print(result.document());
        } else {
            result.complaints().forEach(Say::line);
            Say.line(result.sentence());
            result.doubt().ifPresent(Say::line);
            if (output.statistics()) {
                result.statisticsLines().forEach(Say::line);
            }
        }
        return result.exitCode();
    }
}
