package trapframe.tests.gdb;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A client of the remote protocol by hand. */
final class RawClient implements AutoCloseable {
    private static final String OK = "OK";

    private final Socket socket;
    private final InputStream input;
    private final OutputStream output;

    RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        input = socket.getInputStream();
        output = socket.getOutputStream();
    }

    void send(byte[] bytes) throws IOException {
        output.write(bytes);
        output.flush();
    }

    static String framed(String data) {
        return "$" + data + "#" + String.format("%02x", data.chars().sum() & 0xff);
    }

    void packet(String data) throws IOException {
        send(framed(data).getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The data of the next packet that comes; null if the connection has ended. */
    String reply() throws IOException {
        StringBuilder data = new StringBuilder();
        int next = input.read();
        while (next >= 0 && next != '$') {
            next = input.read();
        }
        for (next = input.read(); next >= 0 && next != '#'; next = input.read()) {
            data.append((char) next);
        }
        return next < 0 || input.read() < 0 || input.read() < 0 ? null : data.toString();
    }

    /** The next reply; what the machine prints meanwhile is left out. */
    String answer() throws IOException {
        String reply = reply();
        while (reply != null && reply.startsWith("O") && !reply.equals(OK)) {
            reply = reply();
        }
        return reply;
    }

    /** The answer to a packet. */
    String ask(String data) throws IOException {
        packet(data);
        return answer();
    }

    /** What a command behind {@code monitor} prints. */
    String monitor(String command) throws IOException {
        packet(monitorPacket(command));
        StringBuilder text = new StringBuilder();
        for (String reply = reply(); reply != null && reply.startsWith("O") && !reply.equals(OK); reply = reply()) {
            text.append(new String(HexFormat.of().parseHex(reply.substring(1)), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    static String monitorPacket(String command) {
        return "qRcmd," + HexFormat.of().formatHex(command.getBytes(StandardCharsets.UTF_8));
    }

    /** The next byte, -1 at the end. */
    int read() throws IOException {
        return input.read();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
