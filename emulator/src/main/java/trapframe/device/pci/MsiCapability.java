package trapframe.device.pci;

import trapframe.bus.MsiTarget;

/**
 * The MSI capability of a function (PCI Local Bus Specification 3.0, 6.8.1): a 64-bit address, per-vector masks.
 *
 * <p>A message that is masked, or that the function may not send because it is no bus master, stays pending and goes out as soon as
 * it may. The pending bits are a register, so that all of the state is in the configuration space.
 */
final class MsiCapability {
    private static final int ID = 0x05;
    private static final int LENGTH = 0x18;
    private static final int CONTROL = 0x02;
    private static final int CONTROL_ENABLE = 1;
    private static final int CONTROL_CAPABLE_SHIFT = 1;
    private static final int CONTROL_ENABLED_SHIFT = 4;
    private static final int CONTROL_64_BITS = 1 << 7;
    private static final int CONTROL_MASKS = 1 << 8;
    private static final int ADDRESS = 0x04;
    private static final int ADDRESS_HIGH = 0x08;
    private static final int DATA = 0x0c;
    private static final int MASKS = 0x10;
    private static final int PENDING = 0x14;

    private final PciConfiguration configuration;
    private final MsiTarget target;
    private final int register;
    private final int vectors;

    /** @param vectors that the function can send, a power of two, 1 to 32 */
    MsiCapability(PciConfiguration configuration, int vectors, MsiTarget target) {
        this.configuration = configuration;
        this.target = target;
        this.vectors = vectors;
        register = configuration.addCapability(ID, LENGTH);
        int capable = Integer.numberOfTrailingZeros(vectors);
        configuration.define(register + CONTROL, 2, CONTROL_64_BITS | CONTROL_MASKS | capable << CONTROL_CAPABLE_SHIFT,
                CONTROL_ENABLE | 7 << CONTROL_ENABLED_SHIFT);
        configuration.define(register + ADDRESS, 4, 0, -4);
        configuration.define(register + ADDRESS_HIGH, 4, 0, -1);
        configuration.define(register + DATA, 2, 0, 0xffff);
        configuration.define(register + MASKS, 4, 0, (int) ((1L << vectors) - 1));
    }

    boolean enabled() {
        return (control() & CONTROL_ENABLE) != 0;
    }

    /** Sends a vector's message, or the one that stands for it if the guest allowed fewer vectors. */
    void raise(int vector) {
        setPending(pending() | 1 << vector % allowedVectors());
        sendPending();
    }

    /** Sends what waited, after a write that may have allowed it. */
    void sendPending() {
        int ready = enabled() && configuration.commands(PciConfiguration.COMMAND_MASTER)
                ? pending() & ~configuration.get(register + MASKS, 4) : 0;
        setPending(pending() & ~ready);
        for (int vector = 0; vector < vectors; vector++) {
            if ((ready >>> vector & 1) != 0) {
                send(vector);
            }
        }
    }

    private void send(int vector) {
        long address = configuration.get(register + ADDRESS, 4) & 0xffff_ffffL
                | (long) configuration.get(register + ADDRESS_HIGH, 4) << 32;
        int data = configuration.get(register + DATA, 2) & -allowedVectors() | vector;
        target.deliverMsi(address, data);
    }

    private int control() {
        return configuration.get(register + CONTROL, 2);
    }

    /** What the guest allowed; values above what the function asked for are the most that it can send. */
    private int allowedVectors() {
        return Math.min(1 << (control() >> CONTROL_ENABLED_SHIFT & 7), vectors);
    }

    private int pending() {
        return configuration.get(register + PENDING, 4);
    }

    private void setPending(int pending) {
        configuration.set(register + PENDING, 4, pending);
    }
}
