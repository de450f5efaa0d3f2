package trapframe.device.virtio;

import java.util.Optional;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioDevice;
import trapframe.bus.Stateful;

/**
 * Virtio over MMIO (4.2): registers of 32 bits in a range of {@value #SIZE} bytes, and one level-triggered interrupt line. Version 2,
 * or version 1, the legacy interface (4.2.4).
 */
public final class VirtioMmio implements MmioDevice, Stateful<VirtioMmio.State> {
    public static final int SIZE = 0x200;

    private static final int MAGIC = 0x000;
    private static final int VERSION = 0x004;
    private static final int DEVICE_ID = 0x008;
    private static final int VENDOR_ID = 0x00c;
    private static final int DEVICE_FEATURES = 0x010;
    private static final int DEVICE_FEATURES_SELECT = 0x014;
    private static final int DRIVER_FEATURES = 0x020;
    private static final int DRIVER_FEATURES_SELECT = 0x024;
    private static final int QUEUE_SELECT = 0x030;
    private static final int QUEUE_SIZE_MAX = 0x034;
    private static final int QUEUE_SIZE = 0x038;
    private static final int QUEUE_NOTIFY = 0x050;
    private static final int INTERRUPT_STATUS = 0x060;
    private static final int INTERRUPT_ACKNOWLEDGE = 0x064;
    private static final int STATUS = 0x070;
    private static final int CONFIGURATION = 0x100;

    private static final int QUEUE_READY = 0x044;
    private static final int QUEUE_DESC = 0x080;
    private static final int QUEUE_DRIVER = 0x090;
    private static final int QUEUE_DEVICE = 0x0a0;
    private static final int SHARED_MEMORY_FIRST = 0x0b0;
    private static final int SHARED_MEMORY_LAST = 0x0bc;
    private static final int CONFIGURATION_GENERATION = 0x0fc;

    private static final int LEGACY_PAGE_SIZE = 0x028;
    private static final int LEGACY_QUEUE_ALIGN = 0x03c;
    private static final int LEGACY_QUEUE_PAGE = 0x040;

    private static final int MAGIC_VALUE = 0x7472_6976;
    private static final int VENDOR = 0x1af4;
    private static final int INTERRUPT_USED = 1;
    private static final int INTERRUPT_CONFIGURATION = 2;

    /** What the driver selected and, in the legacy interface, its page size and alignment. */
    public record State(int deviceFeaturesSelect, int driverFeaturesSelect, int queueSelect, int interruptStatus,
                        int pageSize, int queueAlign) {
    }

    private final VirtioDevice device;
    private final InterruptLine line;
    private final boolean legacy;
    private int deviceFeaturesSelect;
    private int driverFeaturesSelect;
    private int queueSelect;
    private int interruptStatus;
    private int pageSize;
    private int queueAlign;

    /** @param legacy whether it is a device of version 1 */
    public VirtioMmio(VirtioDevice device, InterruptLine line, boolean legacy) {
        this.device = device;
        this.line = line;
        this.legacy = legacy;
        device.connect(new ToGuest());
    }

    @Override
    public long read(long offset, int width) {
        if (offset >= CONFIGURATION) {
            return Bytes.get(device.type().configuration(), (int) offset - CONFIGURATION, width);
        }
        return width == 4 ? read((int) offset) & 0xffff_ffffL : 0;
    }

    private int read(int register) {
        SplitQueue queue = device.queue(queueSelect);
        return switch (register) {
            case MAGIC -> MAGIC_VALUE;
            case VERSION -> legacy ? 1 : 2;
            case DEVICE_ID -> device.type().id();
            case VENDOR_ID -> VENDOR;
            case DEVICE_FEATURES -> Bytes.word(legacy ? device.offeredFeatures() & 0xffff_ffffL : device.offeredFeatures(),
                    deviceFeaturesSelect);
            case QUEUE_SIZE_MAX -> queue == null ? 0 : queue.maxSize();
            case INTERRUPT_STATUS -> interruptStatus;
            case STATUS -> device.status();
            default -> legacy ? readLegacy(register, queue) : readModern(register, queue);
        };
    }

    private int readModern(int register, SplitQueue queue) {
        return switch (register) {
            case QUEUE_READY -> queue != null && queue.isReady() ? 1 : 0;
            case CONFIGURATION_GENERATION -> device.generation();
            // A length of all ones says that there is no shared memory (4.2.2).
            default -> register >= SHARED_MEMORY_FIRST && register <= SHARED_MEMORY_LAST ? -1 : 0;
        };
    }

    private int readLegacy(int register, SplitQueue queue) {
        boolean placed = register == LEGACY_QUEUE_PAGE && queue != null && queue.isReady() && pageSize > 0;
        return placed ? (int) (queue.descriptors() / pageSize) : 0;
    }

    @Override
    public long steadyBits(long offset, int width) {
        return -1;
    }

    @Override
    public String whySteady(long offset) {
        return VirtioDevice.NO_REQUEST;
    }

    @Override
    public Optional<String> registerName(long offset) {
        return offset >= CONFIGURATION ? Optional.of("configuration") : Optional.ofNullable(switch ((int) offset) {
            case MAGIC -> "magic value";
            case VERSION -> "version";
            case DEVICE_ID -> "device ID";
            case VENDOR_ID -> "vendor ID";
            case DEVICE_FEATURES -> "device features";
            case QUEUE_SIZE_MAX -> "largest queue size";
            case QUEUE_READY -> "queue ready";
            case INTERRUPT_STATUS -> "interrupt status";
            case STATUS -> "device status";
            case CONFIGURATION_GENERATION -> "configuration generation";
            default -> null;
        });
    }

    @Override
    public void write(long offset, int width, long value) {
        if (offset >= CONFIGURATION) {
            device.type().writeConfiguration((int) offset - CONFIGURATION, width, value);
        } else if (width == 4) {
            write((int) offset, (int) value);
        }
    }

    private void write(int register, int value) {
        switch (register) {
            case DEVICE_FEATURES_SELECT -> deviceFeaturesSelect = value;
            case DRIVER_FEATURES -> device.setDriverFeatures(legacy && driverFeaturesSelect != 0 ? device.driverFeatures()
                    : Bytes.withWord(device.driverFeatures(), driverFeaturesSelect, value));
            case DRIVER_FEATURES_SELECT -> driverFeaturesSelect = value;
            case QUEUE_SELECT -> queueSelect = value & 0xffff;
            case QUEUE_NOTIFY -> device.notifyQueue(value & 0xffff);
            case INTERRUPT_ACKNOWLEDGE -> {
                interruptStatus &= ~value;
                line.set(interruptStatus != 0);
            }
            case STATUS -> device.writeStatus(value & 0xff);
            case LEGACY_PAGE_SIZE -> pageSize = value;
            default -> {
                SplitQueue queue = device.queue(queueSelect);
                if (queue != null) {
                    writeQueue(queue, register, value);
                }
            }
        }
    }

    private void writeQueue(SplitQueue queue, int register, int value) {
        switch (register) {
            case QUEUE_SIZE -> queue.setSize(value);
            case LEGACY_QUEUE_ALIGN -> queueAlign = value;
            case LEGACY_QUEUE_PAGE -> setLegacyPage(queue, value);
            case QUEUE_READY -> setReady(queue, value);
            case QUEUE_DESC, QUEUE_DESC + 4 ->
                    queue.setAreas(half(queue.descriptors(), register, value), queue.available(), queue.used());
            case QUEUE_DRIVER, QUEUE_DRIVER + 4 ->
                    queue.setAreas(queue.descriptors(), half(queue.available(), register, value), queue.used());
            case QUEUE_DEVICE, QUEUE_DEVICE + 4 ->
                    queue.setAreas(queue.descriptors(), queue.available(), half(queue.used(), register, value));
            default -> { }
        }
    }

    private void setReady(SplitQueue queue, int value) {
        if (legacy || value > 1) {
            return;
        }
        if (value == 0) {
            queue.disable();
        } else {
            device.enable(queue);
        }
    }

    /** A page number enables the queue, 0 disables it. */
    private void setLegacyPage(SplitQueue queue, int page) {
        if (!legacy) {
            return;
        }
        queue.disable();
        if (page == 0) {
            return;
        }
        if (Integer.bitCount(pageSize) != 1 || pageSize < 0 || Integer.bitCount(queueAlign) != 1 || queueAlign < 0) {
            device.needReset(new ProtocolViolation("the page size or the alignment is no power of two"));
            return;
        }
        queue.setLegacyAreas((page & 0xffff_ffffL) * pageSize, queueAlign);
        device.enable(queue);
    }

    private static long half(long address, int register, int value) {
        return Bytes.withWord(address, register % 8 / 4, value);
    }

    private void interrupt(int cause) {
        interruptStatus |= cause;
        line.set(true);
    }

    /** What the device does to the guest. */
    private final class ToGuest implements VirtioDevice.Transport {
        @Override
        public void usedBuffers(int queue) {
            interrupt(INTERRUPT_USED);
        }

        @Override
        public void configurationChanged() {
            interrupt(INTERRUPT_CONFIGURATION);
        }

        @Override
        public boolean reachesMemory() {
            return true;
        }

        @Override
        public void reset() {
            restore(new State(0, 0, 0, 0, pageSize, 0));
            line.set(false);
        }
    }

    @Override
    public State state() {
        return new State(deviceFeaturesSelect, driverFeaturesSelect, queueSelect, interruptStatus, pageSize, queueAlign);
    }

    @Override
    public void restore(State state) {
        deviceFeaturesSelect = state.deviceFeaturesSelect;
        driverFeaturesSelect = state.driverFeaturesSelect;
        queueSelect = state.queueSelect;
        interruptStatus = state.interruptStatus;
        pageSize = state.pageSize;
        queueAlign = state.queueAlign;
    }
}
