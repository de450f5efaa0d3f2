package trapframe.device.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import trapframe.bus.MmioDevice;
import trapframe.bus.Stateful;
import trapframe.device.pci.PciConfiguration;

/**
 * The structures of the modern PCI interface, a page each in one range of memory: common configuration (4.1.4.3), ISR status (4.1.4.5),
 * device configuration (4.1.4.6), notifications (4.1.4.4).
 */
final class ModernStructures implements MmioDevice, Stateful<ModernStructures.State> {
    static final int SIZE = 0x4000;

    private static final int PAGE = 0x1000;
    private static final int COMMON = 0;
    private static final int ISR = 1;
    private static final int DEVICE = 2;
    private static final int NOTIFY = 3;
    /** Each queue has its own address to notify. */
    private static final int NOTIFY_MULTIPLIER = 4;

    private static final int CAPABILITY_VENDOR = 0x09;
    private static final int CAPABILITY_LENGTH = 16;
    private static final int TYPE_COMMON = 1;
    private static final int TYPE_NOTIFY = 2;
    private static final int TYPE_ISR = 3;
    private static final int TYPE_DEVICE = 4;

    private static final int COMMON_LENGTH = 0x38;
    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0c;
    private static final int CONFIG_MSIX_VECTOR = 0x10;
    private static final int DEVICE_STATUS = 0x14;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_MSIX_VECTOR = 0x1a;
    private static final int QUEUE_ENABLE = 0x1c;
    private static final int QUEUE_DESC = 0x20;
    private static final int QUEUE_DRIVER = 0x28;
    private static final int QUEUE_DEVICE = 0x30;

    /** What the driver selected. */
    record State(int deviceFeatureSelect, int driverFeatureSelect, int queueSelect) {
    }

    private final VirtioPci pci;
    private final VirtioDevice device;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private int queueSelect;

    ModernStructures(VirtioPci pci, VirtioDevice device) {
        this.pci = pci;
        this.device = device;
    }

    void addCapabilities(PciConfiguration configuration) {
        addCapability(configuration, TYPE_COMMON, COMMON, COMMON_LENGTH, 0);
        addCapability(configuration, TYPE_ISR, ISR, 1, 0);
        int length = device.type().configuration().length;
        if (length > 0) {
            addCapability(configuration, TYPE_DEVICE, DEVICE, length, 0);
        }
        int notify = addCapability(configuration, TYPE_NOTIFY, NOTIFY, device.queueCount() * NOTIFY_MULTIPLIER, 4);
        configuration.set(notify + CAPABILITY_LENGTH, 4, NOTIFY_MULTIPLIER);
    }

    private static int addCapability(PciConfiguration configuration, int type, int page, int length, int more) {
        int register = configuration.addCapability(CAPABILITY_VENDOR, CAPABILITY_LENGTH + more);
        configuration.set(register + 2, 1, CAPABILITY_LENGTH + more);
        configuration.set(register + 3, 1, type);
        configuration.set(register + 4, 1, VirtioPci.MODERN_BAR);
        configuration.set(register + 8, 4, page * PAGE);
        configuration.set(register + 12, 4, length);
        return register;
    }

    void reset() {
        restore(new State(0, 0, 0));
    }

    @Override
    public long read(long offset, int width) {
        int at = (int) offset % PAGE;
        return switch ((int) offset / PAGE) {
            case COMMON -> Bytes.get(common(), at, width);
            case ISR -> at == 0 ? pci.takeIsr() : 0;
            case DEVICE -> Bytes.get(device.type().configuration(), at, width);
            default -> 0;
        };
    }

    private byte[] common() {
        SplitQueue queue = device.queue(queueSelect);
        ByteBuffer fields = ByteBuffer.allocate(COMMON_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        fields.putInt(deviceFeatureSelect).putInt(Bytes.word(device.offeredFeatures(), deviceFeatureSelect));
        fields.putInt(driverFeatureSelect).putInt(Bytes.word(device.driverFeatures(), driverFeatureSelect));
        fields.putShort((short) pci.configVector()).putShort((short) device.queueCount());
        fields.put((byte) device.status()).put((byte) device.generation()).putShort((short) queueSelect);
        if (queue != null) {
            fields.putShort((short) queue.size()).putShort((short) pci.queueVector(queueSelect));
            fields.putShort((short) (queue.isReady() ? 1 : 0)).putShort((short) queueSelect);
            fields.putLong(queue.descriptors()).putLong(queue.available()).putLong(queue.used());
        }
        return fields.array();
    }

    @Override
    public long steadyBits(long offset, int width) {
        return offset / PAGE == ISR && pci.hasIsr() ? 0 : -1;
    }

    @Override
    public String whySteady(long offset) {
        return VirtioDevice.NO_REQUEST;
    }

    @Override
    public Optional<String> registerName(long offset) {
        return Optional.of(switch ((int) offset / PAGE) {
            case COMMON -> offset % PAGE == DEVICE_STATUS ? "device status" : "common configuration";
            case ISR -> "ISR status";
            case DEVICE -> "configuration";
            default -> "notification";
        });
    }

    @Override
    public void write(long offset, int width, long value) {
        pci.changed();
        int at = (int) offset % PAGE;
        switch ((int) offset / PAGE) {
            case COMMON -> writeCommon(at, (int) value);
            case DEVICE -> device.type().writeConfiguration(at, width, value);
            case NOTIFY -> device.notifyQueue(at / NOTIFY_MULTIPLIER);
            default -> { }
        }
    }

    private void writeCommon(int at, int value) {
        switch (at) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = value;
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect = value;
            case DRIVER_FEATURE -> device.setDriverFeatures(Bytes.withWord(device.driverFeatures(), driverFeatureSelect, value));
            case CONFIG_MSIX_VECTOR -> pci.setConfigVector(value & 0xffff);
            case DEVICE_STATUS -> device.writeStatus(value & 0xff);
            case QUEUE_SELECT -> queueSelect = value & 0xffff;
            default -> {
                if (device.queue(queueSelect) != null) {
                    writeQueue(device.queue(queueSelect), at, value);
                }
            }
        }
    }

    private void writeQueue(SplitQueue queue, int at, int value) {
        switch (at) {
            case QUEUE_SIZE -> queue.setSize(value & 0xffff);
            case QUEUE_MSIX_VECTOR -> pci.setQueueVector(queueSelect, value & 0xffff);
            case QUEUE_ENABLE -> {
                if ((value & 0xffff) == 1) {
                    device.enable(queue);
                }
            }
            case QUEUE_DESC, QUEUE_DESC + 4 ->
                    queue.setAreas(half(queue.descriptors(), at, value), queue.available(), queue.used());
            case QUEUE_DRIVER, QUEUE_DRIVER + 4 ->
                    queue.setAreas(queue.descriptors(), half(queue.available(), at, value), queue.used());
            case QUEUE_DEVICE, QUEUE_DEVICE + 4 ->
                    queue.setAreas(queue.descriptors(), queue.available(), half(queue.used(), at, value));
            default -> { }
        }
    }

    private static long half(long address, int at, int value) {
        return Bytes.withWord(address, at % 8 / 4, value);
    }

    @Override
    public State state() {
        return new State(deviceFeatureSelect, driverFeatureSelect, queueSelect);
    }

    @Override
    public void restore(State state) {
        deviceFeatureSelect = state.deviceFeatureSelect;
        driverFeatureSelect = state.driverFeatureSelect;
        queueSelect = state.queueSelect;
    }
}
