package trapframe.device.pci;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trapframe.bus.MmioRange;
import trapframe.bus.PortRange;
import trapframe.bus.Stateful;

/**
 * The configuration space of one function with a type 0 header (PCI Local Bus Specification 3.0, chapter 6): 256 bytes, of
 * which some can be written; base address registers and a list of capabilities.
 *
 * <p>A base address register answers while its space is enabled in the command register, wherever it points. Sizing
 * works as on hardware: address bits below the size do not exist.
 *
 * <p>Not modelled: expansion ROM, built-in self test, cache line effects, special cycles, errors on the bus (the status
 * register's error bits stay 0).
 */
public final class PciConfiguration implements Stateful<PciConfiguration.State> {
    public static final int LENGTH = 256;

    public static final int VENDOR_ID = 0x00;
    public static final int DEVICE_ID = 0x02;
    public static final int COMMAND = 0x04;
    public static final int COMMAND_IO = 1;
    public static final int COMMAND_MEMORY = 1 << 1;
    public static final int COMMAND_MASTER = 1 << 2;
    public static final int COMMAND_INTX_DISABLE = 1 << 10;
    public static final int STATUS = 0x06;
    public static final int STATUS_INTX = 1 << 3;
    public static final int STATUS_CAPABILITIES = 1 << 4;
    public static final int REVISION_ID = 0x08;
    public static final int HEADER_TYPE = 0x0e;
    public static final int HEADER_MULTI_FUNCTION = 0x80;
    public static final int BAR0 = 0x10;
    public static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    public static final int CAPABILITIES_POINTER = 0x34;
    public static final int INTERRUPT_LINE = 0x3c;
    public static final int INTERRUPT_PIN = 0x3d;

    private static final int COMMAND_PARITY = 1 << 6;
    private static final int COMMAND_SERR = 1 << 8;
    private static final int COMMAND_WRITABLE = COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_PARITY | COMMAND_SERR
            | COMMAND_INTX_DISABLE;
    private static final int FIRST_CAPABILITY = 0x40;
    private static final int PORTS = 0x10000;

    /** @param dwords the 64 registers of 32 bits */
    public record State(List<Integer> dwords) { }

    private final byte[] bytes = new byte[LENGTH];
    private final byte[] writable = new byte[LENGTH];
    private final List<PciBar> bars = new ArrayList<>();
    private int lastCapability;
    private long changes;
    private int nextCapability = FIRST_CAPABILITY;

    public PciConfiguration(PciIdentity identity) {
        define(VENDOR_ID, 2, identity.vendor(), 0);
        define(DEVICE_ID, 2, identity.device(), 0);
        define(COMMAND, 2, 0, COMMAND_WRITABLE);
        define(REVISION_ID, 4, identity.classCode() << 8 | identity.revision(), 0);
        define(SUBSYSTEM_VENDOR_ID, 4, identity.subsystem() << 16 | identity.subsystemVendor(), 0);
        define(INTERRUPT_LINE, 1, 0, 0xff);
    }

    /** Says what a register holds, and which of its bits the guest can write. Part of building a function. */
    public PciConfiguration define(int register, int width, int value, int writableBits) {
        set(register, width, value);
        for (int i = 0; i < width; i++) {
            writable[register + i] = (byte) (writableBits >>> 8 * i);
        }
        return this;
    }

    /** Adds a base address register; it starts at 0. */
    public void add(PciBar bar) {
        bars.add(bar);
        int register = BAR0 + 4 * bar.index();
        define(register, 4, bar.flags(), (int) -bar.size());
        if (bar instanceof PciBar.Memory(_, _, boolean wide, _, _) && wide) {
            define(register + 4, 4, 0, -1);
        }
    }

    /**
     * Adds a capability behind the ones that are there (PCI 3.0, 6.7).
     *
     * @param length bytes, with the two of its header
     * @return its register: ID, then the next capability's register
     */
    public int addCapability(int id, int length) {
        int register = nextCapability;
        if (register + length > LENGTH) {
            throw new IllegalArgumentException("no room for a capability of " + length + " bytes");
        }
        nextCapability = register + length + 3 & -4;
        set(lastCapability == 0 ? CAPABILITIES_POINTER : lastCapability + 1, 1, register);
        set(STATUS, 2, get(STATUS, 2) | STATUS_CAPABILITIES);
        set(register, 1, id);
        lastCapability = register;
        return register;
    }

    public List<PciBar> bars() {
        return List.copyOf(bars);
    }

    /** A register's value, whoever asks, zero-extended. */
    public int get(int register, int width) {
        int value = 0;
        for (int i = 0; i < width; i++) {
            value |= (bytes[register + i] & 0xff) << 8 * i;
        }
        return value;
    }

    /** Sets a register, as the function itself may. */
    public void set(int register, int width, int value) {
        changes++;
        for (int i = 0; i < width; i++) {
            bytes[register + i] = (byte) (value >>> 8 * i);
        }
    }

    /** A write by the guest: only the bits that are writable change. */
    public void write(int register, int width, int value) {
        changes++;
        for (int i = 0; i < width; i++) {
            int mask = writable[register + i];
            bytes[register + i] = (byte) (bytes[register + i] & ~mask | value >>> 8 * i & mask);
        }
    }

    /** Whether bits of the command register are set. */
    public boolean commands(int bits) {
        return (get(COMMAND, 2) & bits) == bits;
    }

    /** Where a base address register points now, whether its space is enabled or not. */
    public long address(PciBar bar) {
        int register = BAR0 + 4 * bar.index();
        long low = get(register, 4) & 0xffff_ffffL & -bar.size();
        boolean wide = bar instanceof PciBar.Memory memory && memory.wide();
        return wide ? low | (long) get(register + 4, 4) << 32 : low;
    }

    /** The range of this function that holds a port now, or null. It gets a name for reports. */
    PortRange portAt(long port, String name) {
        for (PciBar bar : bars) {
            if (bar instanceof PciBar.Io io && commands(COMMAND_IO) && address(bar) + bar.size() <= PORTS
                    && port >= address(bar) && port < address(bar) + bar.size()) {
                return new PortRange(name, (int) address(bar), (int) bar.size(), io.device());
            }
        }
        return null;
    }

    /** The same for an address in memory. */
    MmioRange memoryAt(long physical, String name) {
        for (PciBar bar : bars) {
            if (bar instanceof PciBar.Memory memory && commands(COMMAND_MEMORY)
                    && Long.compareUnsigned(physical - address(bar), bar.size()) < 0) {
                return new MmioRange(name, address(bar), bar.size(), memory.device());
            }
        }
        return null;
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        Integer[] dwords = new Integer[LENGTH / 4];
        Arrays.setAll(dwords, i -> get(4 * i, 4));
        return new State(List.of(dwords));
    }

    @Override
    public void restore(State state) {
        for (int i = 0; i < LENGTH / 4; i++) {
            set(4 * i, 4, state.dwords.get(i));
        }
    }
}
