package trapframe.device.pci;

/** One function on the PCI bus, as configuration cycles see it. */
public interface PciFunction {
    /** What it is, for reports. */
    String name();

    PciConfiguration configuration();

    /**
     * A configuration read by the guest.
     *
     * @param register 0 to 255
     * @param width    1, 2 or 4 bytes, all in one dword
     */
    default int readConfiguration(int register, int width) {
        return configuration().get(register, width);
    }

    /** A configuration write by the guest. */
    default void writeConfiguration(int register, int width, int value) {
        configuration().write(register, width, value);
    }
}
