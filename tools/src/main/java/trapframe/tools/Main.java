package trapframe.tools;

import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import trapframe.natives.NativeLibraryException;

/** The command line: {@code trapframe COMMAND [OPTIONS]}. */
@Command(name = "trapframe", 
        description = "A deterministic x86-64 PC for people who write kernels.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = DoctorCommand.class,
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
        commandLine.setParameterExceptionHandler((failure, given) -> wrongUse(failure));
        commandLine.setExecutionExceptionHandler((failure, command, result) -> failed(failure));
        return commandLine.execute(arguments);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is needed");
    }

    private static int wrongUse(ParameterException failure) {
        String hint = failure instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()
                ? "did you mean " + String.join(" or ", unmatched.getSuggestions()) + "? "
                : "";
        Say.line(decapitalized(failure.getMessage()) + " (" + hint
                + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help tells more)");
        return ExitCode.WRONG_USE;
    }

    private static int failed(Exception failure) {
        return switch (failure) {
            case UserError error -> {
                Say.line(error.getMessage());
                yield ExitCode.WRONG_USE;
            }
            case NativeLibraryException error -> {
                Say.line(error.getMessage());
                yield ExitCode.WRONG_USE;
            }
            default -> internalError(failure);
        };
    }

    /** One line with the place, which is what a report of the fault needs. */
    static int internalError(Throwable failure) {
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
