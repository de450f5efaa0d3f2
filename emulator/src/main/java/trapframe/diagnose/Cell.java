package trapframe.diagnose;

/**
 * Bytes of memory that code reads or writes with one access.
 *
 * @param linear   address of the first byte, as the code has it
 * @param physical address of the first byte
 * @param bytes    1 to 64
 */
public record Cell(long linear, long physical, int bytes) implements Comparable<Cell> {
    @Override
    public int compareTo(Cell other) {
        int byAddress = Long.compareUnsigned(linear, other.linear);
        return byAddress != 0 ? byAddress : Integer.compare(bytes, other.bytes);
    }
}
