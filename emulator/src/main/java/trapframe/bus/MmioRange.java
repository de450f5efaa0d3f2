package trapframe.bus;

/**
 * Physical addresses and the device that answers there.
 *
 * @param name   for reports
 * @param first  the first address
 * @param length bytes, at least 1
 */
public record MmioRange(String name, long first, long length, MmioDevice device) {
    boolean contains(long address) {
        return address - first >= 0 && address - first < length;
    }
}
