package trapframe.tools.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The terminal at the standard input, set so that every key goes to the guest. Its settings come back when this is
 * closed, and also when the process is told to end (SIGTERM, SIGHUP, SIGINT).
 */
final class RawTerminal implements AutoCloseable {
    private final String settings;
    private final Thread atShutdown;
    private boolean restored;

    private RawTerminal(String settings) {
        this.settings = settings;
        this.atShutdown = new Thread(this::restore, "restore-terminal");
    }

    /** The settings of the terminal at the standard input, in stty's own form; empty when it is no terminal. */
    static Optional<String> settings() {
        // stty asks its standard input, which it shares with this process.
        return stty(List.of("-g"));
    }

    /**
     * Whether this process may change the terminal's settings: one that a shell runs in the background would be
     * stopped by SIGTTOU. Where there is no {@code /proc}, it is taken to be in the foreground.
     */
    static boolean inForeground() {
        try {
            String status = Files.readString(Path.of("/proc/self/stat"));
            // After the name in parentheses (proc(5)): state, ppid, pgrp, session, tty_nr, tpgid.
            String[] fields = status.substring(status.lastIndexOf(')') + 2).split(" ");
            return fields[2].equals(fields[5]);
        } catch (IOException noProc) {
            return true;
        }
    }

    /** @param settings from {@link #settings()}, to come back to */
    static RawTerminal open(String settings) {
        RawTerminal terminal = new RawTerminal(settings);
        Runtime.getRuntime().addShutdownHook(terminal.atShutdown);
        // Output keeps its processing: a guest that ends lines with LF alone still starts them at the left.
        stty(List.of("raw", "-echo", "opost"));
        return terminal;
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(atShutdown);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs anyway, and finds nothing to do.
        }
    }

    private synchronized void restore() {
        if (!restored) {
            restored = true;
            stty(List.of(settings));
        }
    }

    private static Optional<String> stty(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(arguments);
        try {
            Process process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return process.waitFor() == 0 ? Optional.of(output) : Optional.empty();
        } catch (IOException noStty) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
