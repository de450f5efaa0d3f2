package trapframe.tools.gdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;
import trapframe.tools.ExitCode;
import trapframe.tools.HelpOption;
import trapframe.tools.Say;
import trapframe.tools.UserError;

/** {@code trapframe gdb}: a machine and a real gdb, kept in the background for scripts. */
@Command(name = "gdb", sortOptions = false, synopsisSubcommandLabel = "(start | cmd | stop)",
        description = "Keeps a machine and a gdb session in the background, and does one gdb command at a time.",
        subcommands = {GdbCommand.Start.class, GdbCommand.Cmd.class, GdbCommand.Stop.class, GdbCommand.Keep.class},
        footer = {"", "Example: trapframe gdb start --append test=kthread && trapframe gdb cmd 'break timer_interrupt' && "
                + "trapframe gdb cmd continue && trapframe gdb cmd bt; trapframe gdb stop"})
public final class GdbCommand implements Runnable {
    @Mixin
    private HelpOption help;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "start, cmd or stop is needed");
    }

    /** Which session a command is about. */
    static final class SessionOption {
        @Option(names = "--session", paramLabel = "NAME", defaultValue = "default",
                description = "The session's name (default: ${DEFAULT-VALUE}).")
        private String name;

        SessionFolder folder() {
            return new SessionFolder(name);
        }

        /** The session that runs, which is cleaned away if its process is gone. */
        SocketChannel connect() {
            SessionFolder folder = folder();
            Optional<SocketChannel> session = folder.exists() ? folder.connect() : Optional.empty();
            if (session.isEmpty()) {
                boolean isStale = folder.exists();
                if (isStale) {
                    folder.remove();
                }
                throw new UserError("there is no gdb session " + folder.name() + (isStale ? " any more: its process is gone" : "")
                        + " (trapframe gdb start makes one)");
            }
            return session.get();
        }
    }

    /** {@code trapframe gdb start}. */
    @Command(name = "start", sortOptions = false, description = "Starts a machine that waits before its first instruction, and a gdb with it. "
            + "All other options and the image are those of trapframe boot.")
    static final class Start implements Callable<Integer> {
        @Mixin
        private SessionOption session;

        @Mixin
        private HelpOption help;

        @Option(names = "--gdb-program", paramLabel = "FILE", defaultValue = "gdb", description = "The gdb to use (default: ${DEFAULT-VALUE}).")
        private String program;

        @Unmatched
        private List<String> boot = new ArrayList<>();

        @Override
        public Integer call() throws IOException {
            SessionFolder folder = session.folder();
            if (folder.exists()) {
                if (folder.connect().isPresent()) {
                    throw new UserError("the gdb session " + folder.name() + " runs already (trapframe gdb stop ends it)");
                }
                folder.remove();
            }
            folder.make();
            String answer = startKeeper(folder);
            if (!answer.equals(Keeper.READY)) {
                folder.remove();
                throw new UserError(answer.replaceFirst("^trapframe: ", ""));
            }
            Say.line("gdb session " + folder.name() + ": the machine waits before its first instruction; its console goes to " + folder.console());
            return ExitCode.SUCCESS;
        }

        /** In a process group of its own, so that Ctrl-C here does not end it. Returns the first line that it says. */
        private String startKeeper(SessionFolder folder) throws IOException {
            List<String> command = new ArrayList<>();
            if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
                command.add("/usr/bin/setsid");
            }
            command.addAll(List.of(launcher().toString(), "gdb", "keep", "--session", folder.name(), "--gdb-program", program));
            command.addAll(boot);
            Process keeper = new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile())
                    .redirectError(folder.keeperLog().toFile()).start();
            try (BufferedReader answer = keeper.inputReader()) {
                String line = answer.readLine();
                return line != null ? line : Files.readString(folder.keeperLog()).strip();
            }
        }
    }

    private static Path launcher() {
        return Path.of(System.getProperty("trapframe.root", "")).toAbsolutePath().resolve("trapframe");
    }

    /** {@code trapframe gdb cmd}. */
    @Command(name = "cmd", sortOptions = false, description = "Does a gdb command in the session, and prints what it printed. If it lets the machine "
            + "run, that is when the machine stops.", footer = {"", "Exit codes: 0 done, 1 gdb refused the command, 2 no such session, 4 it took "
            + "longer than --timeout and was interrupted."})
    static final class Cmd implements Callable<Integer> {
        @Mixin
        private SessionOption session;

        @Mixin
        private HelpOption help;

        @Option(names = "--timeout", paramLabel = "SECONDS", description = "Interrupts the machine after so many seconds.")
        private Integer timeout;

        @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The command, as one types it in gdb.")
        private List<String> words;

        @Override
        public Integer call() throws IOException, InterruptedException {
            MachineInterface.Answer answer;
            try (SocketChannel connection = session.connect()) {
                Thread watch = Thread.ofVirtual().unstarted(() -> closeLater(connection));
                if (timeout != null) {
                    watch.start();
                }
                answer = Exchange.ask(connection, String.join(" ", words));
                watch.interrupt();
            } catch (IOException e) {
                if (timeout != null) {
                    Say.line("the machine did not stop within " + timeout + " s, and was interrupted");
                    return ExitCode.LIMIT;
                }
                throw new UserError("the gdb session ended");
            }
            System.out.print(answer.output());
            System.out.flush();
            return answer.good() ? ExitCode.SUCCESS : ExitCode.GUEST_FAILED;
        }

        private void closeLater(SocketChannel connection) {
            try {
                Thread.sleep(Duration.ofSeconds(timeout));
                connection.close();
            } catch (InterruptedException | IOException e) {
                // The answer came.
            }
        }
    }

    /** {@code trapframe gdb stop}. */
    @Command(name = "stop", sortOptions = false, description = "Ends the session: the machine, and gdb.")
    static final class Stop implements Callable<Integer> {
        @Mixin
        private SessionOption session;

        @Mixin
        private HelpOption help;

        @Override
        public Integer call() {
            try (SocketChannel connection = session.connect()) {
                Exchange.ask(connection, Keeper.STOP);
            } catch (IOException e) {
                // It ended before it could say so.
            }
            session.folder().remove();
            return ExitCode.SUCCESS;
        }
    }

    /** The process in the background. */
    @Command(name = "keep", hidden = true)
    static final class Keep implements Callable<Integer> {
        @Mixin
        private SessionOption session;

        @Option(names = "--gdb-program")
        private String program;

        @Unmatched
        private List<String> boot = new ArrayList<>();

        @Override
        public Integer call() throws IOException {
            PrintStream ready = System.out;
            try (Keeper keeper = new Keeper(session.folder(), launcher(), boot)) {
                keeper.run(program, ready);
            }
            return ExitCode.SUCCESS;
        }
    }
}
