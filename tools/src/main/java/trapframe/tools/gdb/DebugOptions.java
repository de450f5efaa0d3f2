package trapframe.tools.gdb;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import trapframe.gdb.GdbServer;
import trapframe.tools.Say;
import trapframe.tools.UserError;

/** The options for a debugger from outside. */
public final class DebugOptions {
    private static final int MAX_PORT = 65535;

    @Option(names = "--gdb", paramLabel = "[HOST:]PORT", description = "Listens for gdb or lldb (target remote :PORT), on this machine only "
            + "unless a host is named; port 0 takes a free one. One debugger at a time; while it is there, the machine runs only for it.")
    private String address;

    @Option(names = "--wait", description = "Waits for the debugger before the first instruction.")
    private boolean wait;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Whether a debugger may come. */
    public boolean isWanted() {
        return address != null;
    }

    /** Whether the first instruction waits for a debugger. */
    public boolean isAwaited() {
        return wait;
    }

    /** Checks what the options' types cannot. */
    public void check() {
        if (wait && address == null) {
            throw new ParameterException(command.commandLine(), "--wait needs --gdb");
        }
        socketAddress();
    }

    private Optional<InetSocketAddress> socketAddress() {
        if (address == null) {
            return Optional.empty();
        }
        int colon = address.lastIndexOf(':');
        String host = colon < 0 ? "" : address.substring(0, colon);
        int port;
        try {
            port = Integer.parseInt(address.substring(colon + 1));
        } catch (NumberFormatException e) {
            port = -1;
        }
        if (port < 0 || port > MAX_PORT) {
            throw new ParameterException(command.commandLine(), "--gdb needs a port from 0 to 65535, not " + address);
        }
        try {
            return Optional.of(new InetSocketAddress(host.isEmpty() ? InetAddress.getLoopbackAddress() : InetAddress.getByName(host), port));
        } catch (UnknownHostException e) {
            throw new UserError("--gdb: no such host: " + host);
        }
    }

    /** Listens for the debugger that is wanted, and says where. */
    GdbServer open(Runnable onClient) {
        InetSocketAddress where = socketAddress().orElseThrow();
        if (!where.getAddress().isLoopbackAddress()) {
            Say.line("gdb: whoever reaches " + where.getAddress().getHostAddress() + " can read and change this machine");
        }
        try {
            GdbServer server = new GdbServer(where, onClient);
            Say.line("gdb: listening on " + where.getAddress().getHostAddress() + ":" + server.port());
            return server;
        } catch (IOException e) {
            throw new UserError("--gdb: cannot listen on " + address + ": " + e.getMessage());
        }
    }
}
