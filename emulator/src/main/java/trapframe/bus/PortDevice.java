package trapframe.bus;

/** A device in the I/O port space. Offsets count from the first port of the range it was attached at. */
public interface PortDevice {
    /**
     * Reads {@code width} bytes (1, 2 or 4). A device on the 8-bit part of the bus sees only width 1: the
     * {@link PortBus} splits wider accesses unless {@link #widestAccess} allows them.
     *
     * @return the value, zero-extended from {@code width} bytes
     */
    int read(int offset, int width);

    /** Writes the low {@code width} bytes of {@code value}; the bits above are zero. */
    void write(int offset, int width, int value);

    /** The widest access, in bytes, that the device takes in one piece: 1, 2 or 4. */
    default int widestAccess() {
        return 1;
    }
}
