package trapframe.tools;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import trapframe.boot.BootException;
import trapframe.device.drive.DriveException;
import trapframe.natives.NativeLibraryException;
import trapframe.timeline.TimelineException;
import trapframe.tools.gdb.GdbCommand;

/** The command line: {@code trapframe COMMAND [OPTIONS]}. */
@Command(name = "trapframe", 
        description = "A deterministic x86-64 PC for people who write kernels.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {BootCommand.class, ReplayCommand.class, ExploreCommand.class, ExplainCommand.class, TraceCommand.class, GdbCommand.class,
            StagesCommand.class, DoctorCommand.class},
        footer = {"", "Example: trapframe boot --stats"})
public final class Main implements Runnable {
    @CommandLine.Mixin
    private HelpOption help;

    @Spec
    private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    /** Runs a command and returns the exit code; says what went wrong on the standard error, in one line. */
    public static int run(String... arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setErr(new PrintWriter(System.err, true));
        commandLine.setUsageHelpWidth(110);
        // A kernel command line may start with @.
        commandLine.setExpandAtFiles(false);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((failure, given) -> wrongUse(failure));
        commandLine.setExecutionExceptionHandler((failure, command, result) -> failed(failure));
        try {
            return commandLine.execute(arguments);
        } catch (Throwable failure) {
            return failed(failure);
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is needed");
    }

    private static int wrongUse(ParameterException failure) {
        String hint = failure instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()
                ? "did you mean " + String.join(" or ", unmatched.getSuggestions()) + "? "
                : "";
        return wrong(decapitalized(failure.getMessage()) + " (" + hint
                + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help tells more)");
    }

    private static int failed(Throwable failure) {
        // A library that is missing may be noticed in a class's initialiser, which wraps it.
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UserError error -> {
                    return wrong(error.getMessage());
                }
                case BootException error -> {
                    return wrong(error.getMessage());
                }
                case DriveException error -> {
                    return wrong(error.getMessage());
                }
                case TimelineException error -> {
                    return wrong(error.getMessage());
                }
                case NativeLibraryException error -> {
                    return wrong(error.getMessage());
                }
                case InvalidPathException error -> {
                    return wrong(error.getInput() + ": is no file name");
                }
                case OutOfMemoryError error -> {
                    return wrong("this computer has too little memory free for it: " + error.getMessage());
                }
                default -> { }
            }
        }
        return internalError(failure);
    }

    private static int wrong(String message) {
        Say.line(message);
        return ExitCode.WRONG_USE;
    }

    /** One line with the place, which is what a report of the fault needs. */
    private static int internalError(Throwable failure) {
        String place = Optional.of(failure.getStackTrace()).filter(trace -> trace.length > 0)
                .map(trace -> " at " + trace[0]).orElse("");
        Say.line("internal error, please report it: " + failure + place);
        if (System.getenv("TRAPFRAME_DEBUG") != null) {
            failure.printStackTrace();
        }
        return ExitCode.INTERNAL_ERROR;
    }

    private static String decapitalized(String message) {
        return message.isEmpty() ? message : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }
}
