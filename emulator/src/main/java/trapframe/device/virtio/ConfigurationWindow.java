package trapframe.device.virtio;

import trapframe.bus.MmioDevice;
import trapframe.bus.PortDevice;
import trapframe.device.pci.PciConfiguration;

/** The capability through which the device's ranges are reached by configuration cycles alone (4.1.4.9). */
final class ConfigurationWindow {
    private static final int ID = 0x09;
    private static final int LENGTH = 20;
    private static final int TYPE = 5;
    private static final int BAR = 4;
    private static final int OFFSET = 8;
    private static final int ACCESS_LENGTH = 12;
    private static final int DATA = 16;

    private final PciConfiguration configuration;
    private final PortDevice legacy;
    private final MmioDevice modern;
    private final int register;

    ConfigurationWindow(PciConfiguration configuration, PortDevice legacy, MmioDevice modern) {
        this.configuration = configuration;
        this.legacy = legacy;
        this.modern = modern;
        register = configuration.addCapability(ID, LENGTH);
        configuration.set(register + 2, 1, LENGTH);
        configuration.set(register + 3, 1, TYPE);
        configuration.define(register + BAR, 1, 0, 0xff);
        configuration.define(register + OFFSET, 4, 0, -1);
        configuration.define(register + ACCESS_LENGTH, 4, 0, -1);
        configuration.define(register + DATA, 4, 0, -1);
    }

    /** A read of the data register reads what the others name. */
    void beforeRead(int at, int width) {
        if (touchesData(at, width) && isAccess()) {
            int value = bar() == VirtioPci.LEGACY_BAR ? legacy.read(offset(), length()) : (int) modern.read(offset(), length());
            configuration.set(register + DATA, 4, value);
        }
    }

    void afterWrite(int at, int width) {
        if (touchesData(at, width) && isAccess()) {
            int value = configuration.get(register + DATA, length());
            if (bar() == VirtioPci.LEGACY_BAR) {
                legacy.write(offset(), length(), value);
            } else {
                modern.write(offset(), length(), value & 0xffff_ffffL);
            }
        }
    }

    private boolean touchesData(int at, int width) {
        return at < register + DATA + 4 && at + width > register + DATA;
    }

    /** The driver may name 1, 2 or 4 bytes, aligned, inside one of the ranges. */
    private boolean isAccess() {
        int size = switch (bar()) {
            case VirtioPci.LEGACY_BAR -> LegacyPorts.SIZE;
            case VirtioPci.MODERN_BAR -> ModernStructures.SIZE;
            default -> 0;
        };
        return (length() == 1 || length() == 2 || length() == 4) && offset() % length() == 0
                && offset() >= 0 && offset() < size;
    }

    private int bar() {
        return configuration.get(register + BAR, 1);
    }

    private int offset() {
        return configuration.get(register + OFFSET, 4);
    }

    private int length() {
        return configuration.get(register + ACCESS_LENGTH, 4);
    }
}
