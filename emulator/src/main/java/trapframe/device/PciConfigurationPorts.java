package trapframe.device;

import trapframe.bus.PortBus;
import trapframe.bus.PortDevice;
import trapframe.bus.Stateful;

/**
 * The ports 0xcf8 to 0xcff of the PC: PCI configuration mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2) and the reset
 * control register at 0xcf9 of the Intel 82371 (PIIX3, 290550).
 *
 * <p>CONFIG_ADDRESS takes 32-bit accesses at 0xcf8 only; other accesses to 0xcf8-0xcfb are ordinary I/O, of which
 * only the byte 0xcf9 has a register. CONFIG_DATA is there, but the bus is empty: every function reads all ones.
 *
 * <p>Not modelled: mechanism 2, and the difference between a soft and a hard reset.
 */
public final class PciConfigurationPorts implements Stateful<PciConfigurationPorts.State> {
    public static final int ADDRESS_PORT = 0xcf8;
    public static final int RESET_CONTROL_PORT = 0xcf9;
    public static final int DATA_PORT = 0xcfc;

    /** CONFIG_ADDRESS: enable, bus, device, function and register; bits 1:0 and 30:24 read 0. */
    private static final int ADDRESS_WRITABLE = 0x80ff_fffc;

    private static final int RESET_CPU = 0x04;
    /** SRST (hard or soft) and the later chipsets' full reset read back; RCPU does not stay. */
    private static final int RESET_KEPT = 0x0a;

    public record State(int address, int resetControl) { }

    private final SystemControl control;
    private int address;
    private int resetControl;

    public PciConfigurationPorts(SystemControl control) {
        this.control = control;
    }

    public void attach(PortBus bus) {
        bus.attach("PCI configuration address and reset control", ADDRESS_PORT, 4, new Address());
        bus.attach("PCI configuration data", DATA_PORT, 4, new Data());
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
            return -1;
        }

        @Override
        public void write(int offset, int width, int value) {
            // A write that no function claims ends in a master abort, which the guest does not see.
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
