package trapframe.bus;

/** A device in the physical address space. Offsets count from the start of the range it was attached at. */
public interface MmioDevice {
    /** Reads {@code width} bytes (1, 2, 4 or 8), zero-extended. */
    long read(long offset, int width);

    /** Writes the low {@code width} bytes of {@code value}. */
    void write(long offset, int width, long value);
}
