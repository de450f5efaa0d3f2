package trapframe.device.virtio;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.device.drive.Drive;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * The block device, virtio-blk (5.2).
 *
 * <p>A request is worked on in the order in which the device takes it from its queue, and completes at a position that is a function of
 * its type and length: {@value #READ_WRITE_NANOS} ns and a nanosecond for each byte for reads and writes, {@value #FLUSH_NANOS} ns for a
 * flush, {@value #OTHER_NANOS} ns for the rest. If the host is not ready by then the machine waits for it. Requests may so complete in
 * another order than they came.
 *
 * <p>Without VIRTIO_BLK_F_FLUSH, or with the write cache off, a write is durable when it completes.
 *
 * <p>A request of more than {@value #MOST_BYTES} bytes is refused, and requests wait in their queues while those under way have more.
 *
 * <p>Not offered: geometry, SCSI commands, barriers, secure erase, zones, lifetime.
 */
public final class VirtioBlock implements DeviceType, Stateful<VirtioBlock.State> {
    public static final long READ_WRITE_NANOS = 20_000;
    public static final long FLUSH_NANOS = 100_000;
    public static final long OTHER_NANOS = 20_000;

    static final int SECTOR = Drive.SECTOR;
    static final int MOST_BYTES = 1 << 26;
    static final int QUEUE_SIZE = 256;

    static final long SEGMENTS_MAX = 1 << 2;
    static final long READ_ONLY = 1 << 5;
    static final long BLOCK_SIZE = 1 << 6;
    static final long FLUSH = 1 << 9;
    static final long TOPOLOGY = 1 << 10;
    static final long CONFIG_WCE = 1 << 11;
    static final long MULTI_QUEUE = 1 << 12;
    static final long DISCARD = 1 << 13;
    static final long WRITE_ZEROES = 1 << 14;

    private static final int ID = 2;
    private static final int CLASS_STORAGE = 0x01_0000;
    /** Descriptors of a chain but for the header and the status. */
    private static final int SEGMENTS = QUEUE_SIZE - 2;

    /**
     * @param writeback whether the driver left the write cache on
     * @param requests  that are under way, in the order in which they were taken
     */
    public record State(boolean writeback, List<BlockRequest.State> requests) {
    }

    private final Drive drive;
    private final BlockCommands commands;
    private final int queues;
    private final EventQueue events;
    private final Timer completion;
    private final List<BlockRequest> requests = new ArrayList<>();
    private VirtioDevice device;
    private boolean writeback = true;

    /**
     * @param serial what the device tells as its ID, at most 20 ASCII characters
     * @param queues for requests, 1 to 16: as many as there are CPUs
     */
    public VirtioBlock(String serial, EventQueue events, Drive drive, int queues) {
        commands = new BlockCommands(events, drive, serial);
        this.drive = drive;
        this.queues = queues;
        this.events = events;
        completion = events.timer("virtio-blk " + serial, this::complete);
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
        return CLASS_STORAGE;
    }

    @Override
    public long features() {
        return SEGMENTS_MAX | BLOCK_SIZE | FLUSH | TOPOLOGY | CONFIG_WCE | MULTI_QUEUE
                | (drive.isReadOnly() ? READ_ONLY : DISCARD | WRITE_ZEROES);
    }

    @Override
    public int queues() {
        return queues;
    }

    @Override
    public int queueSize() {
        return QUEUE_SIZE;
    }

    @Override
    public byte[] configuration() {
        return BlockConfiguration.of(drive.sectors(), SEGMENTS, queues, writeback);
    }

    @Override
    public void writeConfiguration(int offset, int width, long value) {
        if (offset == BlockConfiguration.WRITEBACK && device.isNegotiated(CONFIG_WCE)) {
            writeback = (value & 1) != 0;
        }
    }

    /** The capacity changed from outside, between two runs; the driver is told. */
    public void resize(long sectors) {
        drive.resize(sectors);
        device.configurationChanged();
    }

    @Override
    public void reset() {
        writeback = true;
        requests.clear();
        completion.disarm();
    }

    @Override
    public void process(int queue) {
        armCompletion();
        for (int taken = 0; taken < QUEUE_SIZE; taken++) {
            if (isFull()) {
                return;
            }
            DescriptorChain chain = device.take(queue);
            if (chain == null) {
                return;
            }
            if (chain.readableLength() < BlockCommands.HEADER_BYTES || chain.writableLength() < BlockCommands.STATUS_BYTES) {
                device.needReset(new ProtocolViolation("queue " + queue + " has a request of " + chain.readableLength()
                        + " bytes to read and " + chain.writableLength() + " to write"));
                return;
            }
            requests.add(commands.start(chain, device.ram(), isWriteThrough()));
            armCompletion();
        }
        device.notifyQueue(queue);
    }

    private boolean isFull() {
        return requests.size() >= QUEUE_SIZE * queues || requests.stream().mapToLong(VirtioBlock::bytes).sum() >= MOST_BYTES;
    }

    private static long bytes(BlockRequest request) {
        return request.transfer().data().length;
    }

    /** (5.2.6.2) */
    private boolean isWriteThrough() {
        return device.isNegotiated(CONFIG_WCE) ? !writeback : !device.isNegotiated(FLUSH);
    }

    private void armCompletion() {
        completion.armAt(requests.stream().mapToLong(BlockRequest::due).min().orElse(EventQueue.NEVER));
    }

    /** Completes what is due; later, if the device cannot reach memory now. */
    private void complete() {
        boolean wasFull = isFull();
        List<BlockRequest> due = requests.stream().filter(request -> request.due() <= events.clock().position())
                .sorted(Comparator.comparingLong(BlockRequest::due)).toList();
        for (BlockRequest request : due) {
            if (!device.canWork()) {
                return;
            }
            requests.remove(request);
            finish(request);
        }
        armCompletion();
        if (wasFull && !isFull()) {
            device.resume();
        }
    }

    private void finish(BlockRequest request) {
        boolean done = request.transfer().await();
        drive.end(request.transfer(), done);
        DescriptorChain chain = request.chain();
        int status = done ? request.status() : BlockRequest.IO_ERROR;
        byte[] data = status == BlockRequest.OK ? request.transfer().data() : new byte[0];
        chain.write(device.ram(), 0, data);
        long statusAt = chain.writableLength() - BlockCommands.STATUS_BYTES;
        chain.write(device.ram(), statusAt, new byte[] {(byte) status});
        device.give(chain, chain.writableLength());
    }

    @Override
    public State state() {
        return new State(writeback, requests.stream().map(BlockRequest::state).toList());
    }

    @Override
    public void restore(State state) {
        writeback = state.writeback;
        requests.clear();
        state.requests.forEach(request -> requests.add(request.request()));
    }
}
