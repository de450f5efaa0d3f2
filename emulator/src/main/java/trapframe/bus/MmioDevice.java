package trapframe.bus;

import java.util.Optional;

/** A device in the physical address space. Offsets count from the start of the range it was attached at. */
public interface MmioDevice {
    /**
     * Reads {@code width} bytes (1, 2 or 4), zero-extended. The CPU splits wider accesses into words of 4 bytes and
     * unaligned ones into bytes, lowest address first.
     */
    long read(long offset, int width);

    /** The same as {@link PortDevice#steadyBits}, for a read of {@code width} bytes (1, 2 or 4). */
    default long steadyBits(long offset, int width) {
        return 0;
    }

    /** The same as {@link PortDevice#whySteady}. */
    default String whySteady(long offset) {
        return PortDevice.ONLY_WRITES;
    }

    /** The same as {@link PortDevice#registerName}. */
    default Optional<String> registerName(long offset) {
        return Optional.empty();
    }

    /** Writes the low {@code width} bytes of {@code value}. */
    void write(long offset, int width, long value);
}
