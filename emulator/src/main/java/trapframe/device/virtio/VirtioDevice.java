package trapframe.device.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import trapframe.bus.Stateful;
import trapframe.memory.GuestMemory;
import trapframe.time.EventQueue;
import trapframe.time.Timer;

/**
 * What every virtio device has, whatever it does and however the guest reaches it (chapter 2): the device status, feature
 * bits, the configuration's generation, queues and notifications.
 *
 * <p>The driver's notification is answered {@value #NOTIFICATION_NANOS} ns later, between two instructions. That is when the
 * device reads the available ring; it never touches guest memory inside an access of the guest.
 *
 * <p>Offered besides the type's own features: VIRTIO_F_VERSION_1, INDIRECT_DESC, EVENT_IDX and, for legacy drivers, ANY_LAYOUT. Not
 * offered: packed queues, in-order use, an IOMMU, notification data, reset of single queues, shared memory.
 */
public final class VirtioDevice implements Stateful<VirtioDevice.State> {
    /** From the driver's notification to the device's look at the queue. */
    public static final long NOTIFICATION_NANOS = 500;

    /** Why what a driver can read stays as it is. */
    static final String NO_REQUEST = "no request of the device is on its way";

    static final int STATUS_DRIVER_OK = 4;
    static final int STATUS_FEATURES_OK = 8;
    static final int STATUS_NEEDS_RESET = 64;
    private static final int STATUS_BY_DRIVER = 0x8f;

    static final long ANY_LAYOUT = 1L << 27;
    static final long INDIRECT_DESCRIPTORS = 1L << 28;
    static final long EVENT_INDEX = 1L << 29;
    static final long VERSION_1 = 1L << 32;

    /** What a device asks of the transport that it is reached by (chapter 4). */
    interface Transport {
        /** Sends the notification that buffers of a queue were used. */
        void usedBuffers(int queue);

        /** Sends the notification that the configuration or the status changed. */
        void configurationChanged();

        /** Whether the device may reach memory now. */
        boolean reachesMemory();

        /** The driver reset the device. */
        void reset();
    }

    /**
     * @param notified   the queues whose notification was not answered yet, a bit each
     * @param generation how often the configuration changed
     * @param violation  what last made the device need a reset, or empty
     * @param violatedAt the position of that
     */
    public record State(int status, long driverFeatures, int generation, long notified, String violation, long violatedAt,
                        List<SplitQueue.State> queues) {
    }

    private final String name;
    private final EventQueue events;
    private final GuestMemory ram;
    private final DeviceType type;
    private final Timer notification;
    private final List<SplitQueue> queues;
    private Transport transport;
    private int status;
    private long driverFeatures;
    private int generation;
    private long notified;
    private String violation = "";
    private long violatedAt;
    private long changes;

    /** @param name for reports, such as {@code "virtio-blk drive0"} */
    public VirtioDevice(String name, EventQueue events, GuestMemory ram, DeviceType type) {
        this.name = name;
        this.events = events;
        this.ram = ram;
        this.type = type;
        notification = events.timer(name + " notification", this::answer);
        queues = IntStream.range(0, type.queues()).mapToObj(number -> new SplitQueue(number, type.queueSize(), ram)).toList();
        type.connect(this);
    }

    void connect(Transport newTransport) {
        transport = newTransport;
    }

    public String name() {
        return name;
    }

    DeviceType type() {
        return type;
    }

    /** What last made the device need a reset, in words, or empty. */
    public String violation() {
        return violation;
    }

    /** The position of that. */
    public long violatedAt() {
        return violatedAt;
    }

    // For transports: the driver's side.

    int status() {
        return status;
    }

    int generation() {
        return generation;
    }

    int queueCount() {
        return queues.size();
    }

    /** A queue, or null where the driver selected one that is not there. */
    SplitQueue queue(int number) {
        return number < queues.size() ? queues.get(number) : null;
    }

    long offeredFeatures() {
        return type.features() | ANY_LAYOUT | INDIRECT_DESCRIPTORS | EVENT_INDEX | VERSION_1;
    }

    long driverFeatures() {
        return driverFeatures;
    }

    /** The driver accepts features; once they are settled, no longer. */
    void setDriverFeatures(long features) {
        changes++;
        if ((status & STATUS_FEATURES_OK) == 0) {
            driverFeatures = features;
        }
    }

    /** The driver sets its status (2.1, 3.1); 0 resets the device. */
    void writeStatus(int value) {
        changes++;
        if (value == 0) {
            reset();
            return;
        }
        int accepted = value & STATUS_BY_DRIVER | status & STATUS_NEEDS_RESET;
        boolean settles = (accepted & ~status & STATUS_FEATURES_OK) != 0;
        if (settles && ((driverFeatures & VERSION_1) == 0 || (driverFeatures & ~offeredFeatures()) != 0)) {
            accepted &= ~STATUS_FEATURES_OK;
        }
        boolean starts = (accepted & ~status & STATUS_DRIVER_OK) != 0;
        status = accepted;
        if (starts) {
            resume();
        }
    }

    /** Everything as at power-on, but for what is the device's own. */
    void reset() {
        status = 0;
        driverFeatures = 0;
        notified = 0;
        notification.disarm();
        queues.forEach(SplitQueue::reset);
        type.reset();
        transport.reset();
    }

    /** The driver enables a queue. */
    void enable(SplitQueue queue) {
        try {
            queue.enable();
        } catch (ProtocolViolation broken) {
            needReset(broken);
        }
    }

    /** The driver says that it made buffers of a queue available (2.9). */
    void notifyQueue(int number) {
        if (number < queues.size()) {
            changes++;
            notified |= 1L << number;
            if (!notification.armed()) {
                notification.armAtNanos(events.clock().nanos() + NOTIFICATION_NANOS);
            }
        }
    }

    /** Looks at all queues again, after something that held them back. */
    void resume() {
        for (int number = 0; number < queues.size(); number++) {
            if (queues.get(number).isReady()) {
                notifyQueue(number);
            }
        }
    }

    private void answer() {
        changes++;
        for (int number = 0; number < queues.size(); number++) {
            if ((notified >>> number & 1) != 0 && mayUse(queues.get(number))) {
                notified &= ~(1L << number);
                type.process(number);
            }
        }
    }

    /** Legacy drivers may use a queue before they set DRIVER_OK (3.1.1, 3.1.2). */
    private boolean mayUse(SplitQueue queue) {
        boolean running = (status & STATUS_DRIVER_OK) != 0 || !isNegotiated(VERSION_1);
        return running && queue.isReady() && canWork();
    }

    // For types: the device's side.

    GuestMemory ram() {
        return ram;
    }

    /** Whether the device may use its queues now: not when the driver broke the protocol, nor without access to memory. */
    boolean canWork() {
        return (status & STATUS_NEEDS_RESET) == 0 && transport.reachesMemory();
    }

    /** Whether the driver accepted all of these features. */
    boolean isNegotiated(long features) {
        return (driverFeatures & features) == features;
    }

    /** Takes the next available buffer of a queue, or returns null. */
    DescriptorChain take(int number) {
        SplitQueue queue = queues.get(number);
        if (!mayUse(queue)) {
            return null;
        }
        try {
            return queue.take(isNegotiated(EVENT_INDEX));
        } catch (ProtocolViolation broken) {
            needReset(broken);
            return null;
        }
    }

    /**
     * Returns a buffer to the driver, and tells it if it wants to be told.
     *
     * @param written bytes written from the start of the buffer's writable part
     */
    void give(DescriptorChain chain, long written) {
        SplitQueue queue = queues.get(chain.queue());
        if (mayUse(queue) && queue.give(chain.head(), written, isNegotiated(EVENT_INDEX))) {
            transport.usedBuffers(chain.queue());
        }
    }

    /** The type's configuration changed: the driver is told, and reads it again. */
    void configurationChanged() {
        changes++;
        generation++;
        if ((status & STATUS_DRIVER_OK) != 0) {
            transport.configurationChanged();
        }
    }

    /** The driver broke the protocol: nothing more is done for it until it resets the device (2.1.2). */
    void needReset(ProtocolViolation broken) {
        if ((status & STATUS_NEEDS_RESET) != 0) {
            return;
        }
        changes++;
        violation = broken.getMessage();
        violatedAt = events.clock().position();
        status |= STATUS_NEEDS_RESET;
        if ((status & STATUS_DRIVER_OK) != 0) {
            transport.configurationChanged();
        }
    }

    @Override
    public long changes() {
        long all = changes;
        for (SplitQueue queue : queues) {
            all += queue.changes();
        }
        return all;
    }

    @Override
    public State state() {
        return new State(status, driverFeatures, generation, notified, violation, violatedAt,
                queues.stream().map(SplitQueue::state).toList());
    }

    @Override
    public void restore(State state) {
        changes++;
        status = state.status;
        driverFeatures = state.driverFeatures;
        generation = state.generation;
        notified = state.notified;
        violation = state.violation;
        violatedAt = state.violatedAt;
        for (int number = 0; number < queues.size(); number++) {
            queues.get(number).restore(state.queues.get(number));
        }
    }
}
