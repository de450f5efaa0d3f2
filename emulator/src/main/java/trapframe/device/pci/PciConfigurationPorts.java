package trapframe.device.pci;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;
import trapframe.device.SystemControl;

/**
 * The ports 0xcf8 to 0xcff of the PC: PCI configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2) and the reset
 * control register at 0xcf9 of the Intel 82371 (PIIX3, 290550).
 *
 * <p>CONFIG_ADDRESS takes 32-bit accesses at 0xcf8 only; other accesses to 0xcf8-0xcfb are ordinary I/O, of which
 * only the byte 0xcf9 has a register. CONFIG_DATA reaches the register that CONFIG_ADDRESS names, while its enable bit is set.
 *
 * <p>Not modelled: mechanism 2, and the difference between a soft and a hard reset.
 */
public final class PciConfigurationPorts implements Stateful<PciConfigurationPorts.State> {
    public static final int ADDRESS_PORT = 0xcf8;
    public static final int RESET_CONTROL_PORT = 0xcf9;
    public static final int DATA_PORT = 0xcfc;

    /** CONFIG_ADDRESS: enable, bus, device, function and register; bits 1:0 and 30:24 read 0. */
    private static final int ADDRESS_WRITABLE = 0x80ff_fffc;
    private static final int ENABLE = 0x8000_0000;

    private static final int RESET_CPU = 0x04;
    /** SRST (hard or soft) and the later chipsets' full reset read back; RCPU does not stay. */
    private static final int RESET_KEPT = 0x0a;

    public record State(int address, int resetControl) { }

    private final PciBus bus;
    private final SystemControl control;
    private int address;
    private int resetControl;

    public PciConfigurationPorts(PciBus bus, SystemControl control) {
        this.bus = bus;
        this.control = control;
    }

    public void attach(PortBus ports) {
        ports.attach("PCI configuration address and reset control", ADDRESS_PORT, 4, new Address());
        ports.attach("PCI configuration data", DATA_PORT, 4, new Data());
    }

    private final class Address implements PortDevice {
        @Override
        public int read(int offset, int width) {
            if (width == 4) {
                return address;
            }
            int value = 0;
            for (int i = 0; i < width; i++) {
                int piece = ADDRESS_PORT + offset + i == RESET_CONTROL_PORT ? resetControl : 0xff;
                value |= piece << 8 * i;
            }
            return value;
        }

        @Override
        public void write(int offset, int width, int value) {
            if (width == 4) {
                address = value & ADDRESS_WRITABLE;
                return;
            }
            int shift = RESET_CONTROL_PORT - ADDRESS_PORT - offset;
            if (shift >= 0 && shift < width) {
                writeResetControl(value >> 8 * shift & 0xff);
            }
        }

        @Override
        public int widestAccess() {
            return 4;
        }
    }

    private final class Data implements PortDevice {
        @Override
        public int read(int offset, int width) {
            return enabled() ? bus.read(busNumber(), slot(), register() + offset, width) : -1;
        }

        @Override
        public void write(int offset, int width, int value) {
            if (enabled()) {
                bus.write(busNumber(), slot(), register() + offset, width, value);
            }
        }

        private boolean enabled() {
            return (address & ENABLE) != 0;
        }

        private int busNumber() {
            return address >> 16 & 0xff;
        }

        private int slot() {
            return address >> 8 & 0xff;
        }

        private int register() {
            return address & 0xfc;
        }

        @Override
        public int widestAccess() {
            return 4;
        }
    }

    private void writeResetControl(int value) {
        resetControl = value & RESET_KEPT;
        if ((value & RESET_CPU) != 0) {
            control.resetRequested("port 0xcf9");
        }
    }

    @Override
    public State state() {
        return new State(address, resetControl);
    }

    @Override
    public void restore(State state) {
        address = state.address;
        resetControl = state.resetControl;
    }
}
