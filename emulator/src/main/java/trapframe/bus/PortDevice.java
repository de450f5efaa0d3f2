package trapframe.bus;

import java.util.Optional;

/** A device in the I/O port space. Offsets count from the first port of the range it was attached at. */
public interface PortDevice {
    /** Why a register stays as it is that nothing but accesses changes. */
    String ONLY_WRITES = "only writes change that";

    /**
     * Reads {@code width} bytes (1, 2 or 4). A device on the 8-bit part of the bus sees only width 1: the
     * {@link PortBus} splits wider accesses unless {@link #widestAccess} allows them.
     *
     * @return the value, zero-extended from {@code width} bytes
     */
    int read(int offset, int width);

    /** Writes the low {@code width} bytes of {@code value}; the bits above are zero. */
    void write(int offset, int width, int value);

    /**
     * The bits of what a read would give now that every such read gives from now on, if the guest does no more to devices than reads of which this
     * holds, and {@linkplain #changesNothing writes that change nothing}: whatever time brings, and input. 0 if a read does something itself. What the
     * device's own timers do besides interrupting need not be thought of: whoever asks sees to it that no such timer is armed.
     *
     * @param width as in {@link #read}
     */
    default int steadyBits(int offset, int width) {
        return 0;
    }

    /** Why those bits stay as they are, for people. */
    default String whySteady(int offset) {
        return ONLY_WRITES;
    }

    /** What the device's manual calls the register that a read reaches now; empty where the device is one register, or has no names. */
    default Optional<String> registerName(int offset) {
        return Optional.empty();
    }

    /** Whether a write would leave the device as it is. */
    default boolean changesNothing(int offset, int width, int value) {
        return false;
    }

    /** The widest access, in bytes, that the device takes in one piece: 1, 2 or 4. */
    default int widestAccess() {
        return 1;
    }
}
