package trapframe.gdb;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.function.Supplier;
import trapframe.freeze.Party;

/**
 * Listens for a debugger, one at a time: who comes while another one is there is sent away. A client is served by the thread that the
 * machine belongs to.
 */
public final class GdbServer implements AutoCloseable {
    private static final int BACKLOG = 4;

    /** How a client left. */
    public enum Left {
        /** The machine goes on. */
        DETACHED,
        /** The run is over. */
        KILLED
    }

    private final ServerSocket listener;
    /** Who is to be served next; guarded by this. */
    private Client waiting;
    /** Whether somebody is served; guarded by this. */
    private boolean serving;
    private boolean closed;
    /** Who is served; guarded by this. */
    private Connection current;

    /**
     * Starts listening.
     *
     * @param address  port 0 for one that is free
     * @param onClient called by another thread when a client has come, before {@link #clientWaits} says so
     * @throws IOException if the address cannot be listened on
     */
    public GdbServer(InetSocketAddress address, Runnable onClient) throws IOException {
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        try {
            listener.bind(address, BACKLOG);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        Thread.ofPlatform().daemon().name("debugger's door").start(() -> accept(onClient));
    }

    /** The port that is listened on. */
    public int port() {
        return listener.getLocalPort();
    }

    private void accept(Runnable onClient) {
        while (true) {
            try {
                Socket socket = listener.accept();
                Optional<Client> client = isFree() ? Client.of(socket) : Optional.empty();
                if (client.isEmpty() || !take(client.get(), onClient)) {
                    socket.close();
                }
            } catch (IOException e) {
                if (listener.isClosed()) {
                    return;
                }
            }
        }
    }

    private synchronized boolean isFree() {
        return !closed && !serving && waiting == null;
    }

    private synchronized boolean take(Client client, Runnable onClient) {
        if (!isFree()) {
            return false;
        }
        waiting = client;
        onClient.run();
        notifyAll();
        return true;
    }

    /** Whether a client is there and not served. */
    public synchronized boolean clientWaits() {
        return waiting != null;
    }

    /** Waits until {@link #clientWaits}. */
    public synchronized void awaitClient() throws InterruptedException {
        while (waiting == null && !closed) {
            wait();
        }
    }

    /**
     * Serves the client that waits, until it leaves.
     *
     * @param party makes the thread that reads what the client sends one of those that stand still while the machine is frozen
     */
    public Left serve(Debuggee debuggee, Supplier<Party> party) throws InterruptedException {
        Client client;
        synchronized (this) {
            client = waiting;
            waiting = null;
            serving = true;
        }
        try (Connection connection = new Connection(client, debuggee, party.get())) {
            serving(connection);
            return new Session(connection, debuggee).serve() == Session.End.KILLED ? Left.KILLED : Left.DETACHED;
        } catch (IOException e) {
            return Left.DETACHED;
        } finally {
            debuggee.begin(false);
            serving(null);
            synchronized (this) {
                serving = false;
            }
        }
    }

    private synchronized void serving(Connection connection) {
        current = connection;
        if (closed && connection != null) {
            connection.close();
        }
    }

    /** Sends the client away and listens no more; called by any thread. */

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            if (waiting != null) {
                waiting.socket().close();
            }
            if (current != null) {
                current.cut();
            }
            notifyAll();
        }
        listener.close();
    }
}
