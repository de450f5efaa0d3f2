package trapframe.device.virtio;

import java.util.Optional;
import trapframe.bus.PortDevice;

/** The legacy interface of a transitional PCI device: registers in ports (4.1.4.10), with the device's configuration behind them. */
final class LegacyPorts implements PortDevice {
    static final int SIZE = 128;

    private static final int DEVICE_FEATURES = 0;
    private static final int DRIVER_FEATURES = 4;
    private static final int QUEUE_ADDRESS = 8;
    private static final int QUEUE_SIZE = 12;
    private static final int QUEUE_SELECT = 14;
    private static final int QUEUE_NOTIFY = 16;
    private static final int DEVICE_STATUS = 18;
    private static final int ISR_STATUS = 19;
    /** These two are there only while MSI-X is enabled; otherwise the configuration starts here. */
    private static final int CONFIG_MSIX_VECTOR = 20;
    private static final int QUEUE_MSIX_VECTOR = 22;
    private static final int AFTER_VECTORS = 24;

    private static final int PAGE = 4096;

    private final VirtioPci pci;
    private final VirtioDevice device;
    private int selected;

    LegacyPorts(VirtioPci pci, VirtioDevice device) {
        this.pci = pci;
        this.device = device;
    }

    void reset() {
        selected = 0;
    }

    int selected() {
        return selected;
    }

    void select(int queue) {
        selected = queue;
    }

    private int configurationStart() {
        return pci.usesMsix() ? AFTER_VECTORS : CONFIG_MSIX_VECTOR;
    }

    @Override
    public int widestAccess() {
        return 4;
    }

    @Override
    public int read(int offset, int width) {
        if (offset >= configurationStart()) {
            return (int) Bytes.get(device.type().configuration(), offset - configurationStart(), width);
        }
        SplitQueue queue = device.queue(selected);
        return switch (offset) {
            case DEVICE_FEATURES -> (int) device.offeredFeatures();
            case DRIVER_FEATURES -> (int) device.driverFeatures();
            case QUEUE_ADDRESS -> queue == null || !queue.isReady() ? 0 : (int) (queue.descriptors() / PAGE);
            case QUEUE_SIZE -> queue == null ? 0 : queue.maxSize();
            case QUEUE_SELECT -> selected;
            case DEVICE_STATUS -> device.status();
            case ISR_STATUS -> pci.takeIsr();
            case CONFIG_MSIX_VECTOR -> pci.configVector();
            case QUEUE_MSIX_VECTOR -> pci.queueVector(selected);
            default -> 0;
        };
    }

    @Override
    public int steadyBits(int offset, int width) {
        return offset == ISR_STATUS && pci.hasIsr() ? 0 : -1;
    }

    @Override
    public String whySteady(int offset) {
        return VirtioDevice.NO_REQUEST;
    }

    @Override
    public Optional<String> registerName(int offset) {
        return offset >= configurationStart() ? Optional.of("configuration") : Optional.ofNullable(switch (offset) {
            case DEVICE_FEATURES -> "device features";
            case DRIVER_FEATURES -> "driver features";
            case QUEUE_ADDRESS -> "queue address";
            case QUEUE_SIZE -> "queue size";
            case QUEUE_SELECT -> "queue select";
            case QUEUE_NOTIFY -> "queue notify";
            case DEVICE_STATUS -> "device status";
            case ISR_STATUS -> "ISR status";
            case CONFIG_MSIX_VECTOR -> "configuration MSI-X vector";
            case QUEUE_MSIX_VECTOR -> "queue MSI-X vector";
            default -> null;
        });
    }

    @Override
    public void write(int offset, int width, int value) {
        pci.changed();
        if (offset >= configurationStart()) {
            device.type().writeConfiguration(offset - configurationStart(), width, value);
            return;
        }
        switch (offset) {
            case DRIVER_FEATURES -> device.setDriverFeatures(value & 0xffff_ffffL);
            case QUEUE_ADDRESS -> setQueueAddress(value);
            case QUEUE_SELECT -> selected = value & 0xffff;
            case QUEUE_NOTIFY -> device.notifyQueue(value & 0xffff);
            case DEVICE_STATUS -> device.writeStatus(value & 0xff);
            case CONFIG_MSIX_VECTOR -> pci.setConfigVector(value & 0xffff);
            case QUEUE_MSIX_VECTOR -> pci.setQueueVector(selected, value & 0xffff);
            default -> { }
        }
    }

    /** A page number enables the queue, 0 disables it (4.1.5.1.3.1). */
    private void setQueueAddress(int page) {
        SplitQueue queue = device.queue(selected);
        if (queue != null) {
            queue.disable();
            if (page != 0) {
                queue.setLegacyAreas((page & 0xffff_ffffL) * PAGE, PAGE);
                device.enable(queue);
            }
        }
    }
}
