package trapframe.gdb;

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
    /** The same as the byte 3. */
    private static final String INTERRUPT_PACKET = "vCtrlC";

    private final Socket socket;
    private final OutputStream output;
    private final Interruptible interruptible;
    private final Party party;
    private final BlockingQueue<PacketReader.Item> items = new ArrayBlockingQueue<>(WAITING);
    private volatile boolean acknowledges = true;
    private volatile boolean ended;
    /** Guarded by this, as what follows. */
    private boolean closed;
    /** Whether a packet is being answered. */
    private boolean answering;
    /** How many packets have come, and how many of them were taken. */
    private long received;
    private long taken;
    /** An interrupt is for the packets up to this one: one that comes while there is nothing to interrupt is for none. */
    private long interrupted;
    /** Guarded by {@link #output}. */
    private byte[] last = {};

    /**
     * @param interruptible told from the reading thread when the client interrupts or goes away
     * @param party         the reading thread
     */
    Connection(Client client, Interruptible interruptible, Party party) throws IOException {
        socket = client.socket();
        this.interruptible = interruptible;
        this.party = party;
        socket.setTcpNoDelay(true);
        output = socket.getOutputStream();
        PacketReader reader = new PacketReader(client.input());
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
                if (Packet.text(data.data()).equals(INTERRUPT_PACKET)) {
                    party.inside(() -> interruptUpTo(received()));
                }
                count();
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
            case PacketReader.Item.Interrupt() -> party.inside(() -> interruptUpTo(received()));
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
        party.inside(() -> interruptUpTo(Long.MAX_VALUE));
    }

    private synchronized long received() {
        return received;
    }

    private synchronized void count() {
        received++;
    }

    private synchronized void interruptUpTo(long packet) {
        interrupted = packet;
        if (!closed && answering && taken <= packet) {
            interruptible.interrupt();
        }
    }

    /** The next packet's data, as it was sent; null if the client is gone. The one before is answered. */
    byte[] receive() throws InterruptedException {
        answered();
        return items.take() instanceof PacketReader.Item.Data(byte[] data) ? begin(data) : null;
    }

    private synchronized void answered() {
        answering = false;
    }

    private synchronized byte[] begin(byte[] data) {
        answering = true;
        taken++;
        interruptible.begin(taken <= interrupted);
        return data;
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

    /** Ends what is going on, and closes; by any thread. */
    void cut() {
        interruptUpTo(Long.MAX_VALUE);
        close();
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
