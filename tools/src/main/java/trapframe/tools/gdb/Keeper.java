package trapframe.tools.gdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps a machine and a real gdb together in the background, and answers one command at a time from the session's socket, until it is told to
 * stop or one of the two ends.
 */
final class Keeper implements AutoCloseable {
    /** What asks for the end instead of a command. */
    static final String STOP = "\0stop";
    /** What the keeper prints when the session can be used. */
    static final String READY = "ready";

    private static final Pattern LISTENING = Pattern.compile(".*gdb: listening on 127\\.0\\.0\\.1:(\\d+).*");

    private final SessionFolder folder;
    private final Process machine;
    private Process gdb;
    private MachineInterface commands;

    /**
     * @param launcher  the program {@code trapframe}
     * @param arguments of {@code trapframe boot}
     */
    Keeper(SessionFolder folder, Path launcher, List<String> arguments) throws IOException {
        this.folder = folder;
        List<String> command = new ArrayList<>(List.of(launcher.toString(), "boot", "--gdb", "0", "--wait", "--console",
                folder.console().toString()));
        command.addAll(arguments);
        machine = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    }

    /**
     * Answers commands until the session is over.
     *
     * @param program gdb
     * @param ready   gets {@link #READY}, or the line that says why there is no session
     */
    void run(String program, PrintStream ready) throws IOException {
        BufferedReader messages = machine.errorReader();
        String port = null;
        StringBuilder said = new StringBuilder();
        for (String line = messages.readLine(); line != null && port == null; line = port == null ? messages.readLine() : line) {
            Matcher listening = LISTENING.matcher(line);
            port = listening.matches() ? listening.group(1) : null;
            said.append(line).append('\n');
        }
        if (port == null) {
            ready.println(said.toString().strip());
            return;
        }
        Thread.ofPlatform().daemon().start(() -> log(messages));
        try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            door.bind(UnixDomainSocketAddress.of(folder.socket()));
            startGdb(program, port);
            machine.onExit().thenRun(() -> gdb.destroy());
            ready.println(READY);
            ready.close();
            serve(door);
        }
    }

    private void log(BufferedReader messages) {
        try (PrintStream log = new PrintStream(folder.machineLog().toFile())) {
            messages.lines().forEach(log::println);
        } catch (IOException e) {
            // Nobody can be told.
        }
    }

    private void startGdb(String program, String port) throws IOException {
        gdb = new ProcessBuilder(program, "-q", "-nx", "--interpreter=mi3").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        commands = new MachineInterface(gdb);
        commands.begin();
        for (String command : List.of("set confirm off", "set pagination off", "set width 0", "set height 0",
                "target remote 127.0.0.1:" + port)) {
            MachineInterface.Answer answer = commands.execute(command);
            if (!answer.good()) {
                throw new IOException("gdb: " + command + ": " + answer.output());
            }
        }
    }

    private void serve(ServerSocketChannel door) throws IOException {
        gdb.onExit().thenRun(() -> {
            try {
                door.close();
            } catch (IOException e) {
                // It is of no use any more.
            }
        });
        while (true) {
            SocketChannel client;
            try {
                client = door.accept();
            } catch (ClosedChannelException e) {
                return;
            }
            Thread.ofVirtual().start(() -> serve(client));
        }
    }

    /** Answers one client. If it goes away before that, what its command let run is interrupted. */
    private void serve(SocketChannel client) {
        try (client) {
            String command = Exchange.command(client);
            if (command.equals(STOP)) {
                close();
                Exchange.answer(client, new MachineInterface.Answer(true, ""));
                return;
            }
            AtomicBoolean answered = new AtomicBoolean();
            Thread.ofVirtual().start(() -> answer(client, command, answered));
            client.read(ByteBuffer.allocate(1));
            if (!answered.get()) {
                interrupt();
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }

    private void answer(SocketChannel client, String command, AtomicBoolean answered) {
        MachineInterface.Answer answer = execute(command);
        answered.set(true);
        try (client) {
            Exchange.answer(client, answer);
        } catch (IOException e) {
            // The client is gone.
        }
    }

    private synchronized MachineInterface.Answer execute(String command) {
        try {
            return commands.execute(command);
        } catch (IOException e) {
            gdb.destroy();
            return new MachineInterface.Answer(false, "gdb has ended, and the session with it\n");
        }
    }

    /** What Ctrl-C does. */
    private void interrupt() throws IOException {
        new ProcessBuilder("kill", "-INT", Long.toString(gdb.pid())).start();
    }

    @Override
    public void close() {
        if (gdb != null) {
            gdb.destroy();
        }
        machine.destroy();
        try {
            machine.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
