package trapframe.gdb;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;

/**
 * Somebody who has connected and has said something.
 *
 * @param input what he said, and says
 */
record Client(Socket socket, InputStream input) {
    /** Debuggers speak first, and at once. */
    private static final int SILENCE_MILLIS = 30_000;
    private static final int IDLE_SECONDS = 30;
    private static final int PROBES = 3;

    /** Waits for the first byte; empty if none comes: whoever is silent does not stop a machine. */
    static Optional<Client> of(Socket socket) throws IOException {
        try {
            socket.setSoTimeout(SILENCE_MILLIS);
            InputStream input = new BufferedInputStream(socket.getInputStream());
            input.mark(1);
            if (input.read() < 0) {
                return Optional.empty();
            }
            input.reset();
            socket.setSoTimeout(0);
            noticeIfGone(socket);
            return Optional.of(new Client(socket, input));
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A client whose host is gone says so to nobody: it is asked now and then. */
    private static void noticeIfGone(Socket socket) throws IOException {
        socket.setKeepAlive(true);
        if (socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
            socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, IDLE_SECONDS / PROBES);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        }
    }
}
