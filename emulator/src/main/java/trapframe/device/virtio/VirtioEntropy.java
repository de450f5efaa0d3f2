package trapframe.device.virtio;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import trapframe.bus.Stateful;

/**
 * The entropy device, virtio-rng (5.4). Its bytes look random and are not: block number n is SHA-256 of the seed in the machine's
 * description and n, so that equal machines give equal bytes.
 *
 * <p>A buffer gets at most {@value #MOST_BYTES} bytes, which the specification allows: the driver is told how many.
 */
public final class VirtioEntropy implements DeviceType, Stateful<VirtioEntropy.State> {
    private static final int ID = 4;
    private static final int CLASS_OTHER = 0xff_0000;
    private static final int QUEUE_SIZE = 64;
    private static final int MOST_BYTES = 4096;
    private static final int BLOCK_BYTES = 32;

    /** @param blocks given out since power-on */
    public record State(long blocks) {
    }

    private final long seed;
    private final MessageDigest digest;
    private VirtioDevice device;
    private long blocks;

    public VirtioEntropy(long seed) {
        this.seed = seed;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void connect(VirtioDevice newDevice) {
        device = newDevice;
    }

    @Override
    public int id() {
        return ID;
    }

    @Override
    public int pciClass() {
        return CLASS_OTHER;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public int queueSize() {
        return QUEUE_SIZE;
    }

    @Override
    public byte[] configuration() {
        return new byte[0];
    }

    @Override
    public void writeConfiguration(int offset, int width, long value) {
        // There is none.
    }

    @Override
    public void process(int queue) {
        for (int done = 0; done < QUEUE_SIZE; done++) {
            DescriptorChain chain = device.take(queue);
            if (chain == null) {
                return;
            }
            if (!chain.readable().isEmpty() || chain.writable().isEmpty()) {
                device.needReset(new ProtocolViolation("the driver asked for entropy with a buffer that is not all writable"));
                return;
            }
            byte[] bytes = next((int) Math.min(chain.writableLength(), MOST_BYTES));
            chain.write(device.ram(), 0, bytes);
            device.give(chain, bytes.length);
        }
        // A ring that is written by its own buffers may never be empty; time passes in between.
        device.notifyQueue(queue);
    }

    private byte[] next(int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            digest.update(ByteBuffer.allocate(2 * Long.BYTES).putLong(seed).putLong(blocks++).flip());
            bytes.put(digest.digest(), 0, Math.min(BLOCK_BYTES, bytes.remaining()));
        }
        return bytes.array();
    }

    @Override
    public void reset() {
        // What was given out stays given out.
    }

    @Override
    public State state() {
        return new State(blocks);
    }

    @Override
    public void restore(State state) {
        blocks = state.blocks;
    }
}
