package trapframe.tools.gdb;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** What goes over a session's socket: one command there, one answer back. */
final class Exchange {
    private static final int MAX_COMMAND = 1 << 20;

    private Exchange() { }

    static MachineInterface.Answer ask(SocketChannel session, String command) throws IOException {
        DataOutputStream to = new DataOutputStream(Channels.newOutputStream(session));
        write(to, command);
        to.flush();
        DataInputStream from = new DataInputStream(Channels.newInputStream(session));
        boolean good = from.readBoolean();
        return new MachineInterface.Answer(good, read(from, Integer.MAX_VALUE - 8));
    }

    static String command(SocketChannel client) throws IOException {
        return read(new DataInputStream(Channels.newInputStream(client)), MAX_COMMAND);
    }

    static void answer(SocketChannel client, MachineInterface.Answer answer) throws IOException {
        DataOutputStream to = new DataOutputStream(Channels.newOutputStream(client));
        to.writeBoolean(answer.good());
        write(to, answer.output());
        to.flush();
    }

    private static void write(DataOutputStream to, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.writeInt(bytes.length);
        to.write(bytes);
    }

    private static String read(DataInputStream from, int most) throws IOException {
        int length = from.readInt();
        if (length < 0 || length > most) {
            throw new IOException("a text of " + length + " bytes");
        }
        return new String(from.readNBytes(length), StandardCharsets.UTF_8);
    }
}
