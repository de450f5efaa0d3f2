package trapframe.gdb;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import trapframe.freeze.Party;

/**
 * One client's connection. A thread of its own reads, so that an interrupt is seen while the machine runs; packets wait in a queue of
 * bounded length, behind which the client has to wait.
 */
final class Connection implements AutoCloseable {
    private static final int WAITING = 16;

    private final Socket socket;
    private final OutputStream output;
    private final Runnable interrupt;
    private final Party party;
    private final BlockingQueue<PacketReader.Item> items = new ArrayBlockingQueue<>(WAITING);
    private volatile boolean acknowledges = true;
    private volatile boolean ended;
    /** Guarded by this. */
    private boolean closed;
    /** Guarded by {@link #output}. */
    private byte[] last = {};

    /**
     * @param interrupt called from the reading thread when the client interrupts or goes away
     * @param party     the reading thread
     */
    Connection(Socket socket, Runnable interrupt, Party party) throws IOException {
        this.socket = socket;
        this.interrupt = interrupt;
        this.party = party;
        socket.setTcpNoDelay(true);
        output = socket.getOutputStream();
        PacketReader reader = new PacketReader(new BufferedInputStream(socket.getInputStream()));
        Thread.ofPlatform().daemon().name("debugger").start(() -> read(reader));
    }

    private void read(PacketReader reader) {
        try {
            while (!ended) {
                receive(reader.next());
            }
        } catch (IOException e) {
            end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end();
        } finally {
            party.end();
        }
    }

    private void receive(PacketReader.Item item) throws IOException, InterruptedException {
        switch (item) {
            case PacketReader.Item.Data data -> {
                if (acknowledges) {
                    write(new byte[] {'+'});
                }
                items.put(data);
            }
            case PacketReader.Item.Damaged() -> {
                if (acknowledges) {
                    write(new byte[] {'-'});
                }
            }
            case PacketReader.Item.Ack() -> { }
            case PacketReader.Item.Nak() -> {
                if (acknowledges) {
                    synchronized (output) {
                        write(last);
                    }
                }
            }
            // Not while the machine is frozen.
            case PacketReader.Item.Interrupt() -> party.inside(interrupt);
            case PacketReader.Item.End() -> end();
        }
    }

    private void end() {
        ended = true;
        if (!items.offer(new PacketReader.Item.End())) {
            // Whoever takes the packets sees the end behind them.
            items.clear();
            items.add(new PacketReader.Item.End());
        }
        party.inside(this::interruptUnlessClosed);
    }

    private synchronized void interruptUnlessClosed() {
        if (!closed) {
            interrupt.run();
        }
    }

    /** The next packet's data, as it was sent; null if the client is gone. */
    byte[] receive() throws InterruptedException {
        return items.take() instanceof PacketReader.Item.Data(byte[] data) ? data : null;
    }

    /** From now on neither side acknowledges packets. */
    void stopAcknowledging() {
        acknowledges = false;
    }

    void send(byte[] data) {
        byte[] packet = Packet.frame(data);
        synchronized (output) {
            last = packet;
            try {
                write(packet);
            } catch (IOException e) {
                // The reader finds out too.
                ended = true;
            }
        }
    }

    private void write(byte[] bytes) throws IOException {
        synchronized (output) {
            output.write(bytes);
            output.flush();
        }
    }

    /** From now on nobody is interrupted. */
    @Override
    public synchronized void close() {
        closed = true;
        ended = true;
        try {
            socket.close();
        } catch (IOException e) {
            // It is given up anyway.
        }
        items.clear();
        items.add(new PacketReader.Item.End());
    }
}
