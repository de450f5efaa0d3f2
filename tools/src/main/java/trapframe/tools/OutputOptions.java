package trapframe.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import trapframe.tools.console.ConsoleOutput;

/** Where the guest's console goes, and what is said of a run at its end; the same for every command that has both. */
final class OutputOptions {
    @Option(names = "--console", paramLabel = "FILE",
            description = "Writes the guest's console to a file instead of the standard output.")
    private Path consoleFile;

    @Option(names = "--json",
            description = "Prints the result as one JSON document; the console then goes to --console, or nowhere.")
    private boolean json;

    @Option(names = "--stats", description = "Says at the end how far the machine came, and at what speed.")
    private boolean statistics;

    /** Opens the console's destination. */
    ConsoleOutput openConsole() {
        return new ConsoleOutput(destination());
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

    /** Whether the console is where somebody sees it, if anybody is there. */
    boolean showsConsole() {
        return consoleFile == null && !json;
    }

    /** Whether a result should have the state hash, which takes a look at all of RAM. */
    boolean wantsHash() {
        return json || statistics;
    }

    boolean json() {
        return json;
    }

    boolean statistics() {
        return statistics;
    }

    /** A reader that has seen enough is no error worth a word; a full disk is. */
    int outputFailed(IOException failure) {
        if (consoleFile == null && "Broken pipe".equals(failure.getMessage())) {
            return ExitCode.OUTPUT_CLOSED;
        }
        throw new UserError("the console cannot be written: " + failure.getMessage());
    }
}
