package trapframe.cpu;

/**
 * Bytes of RAM that an observer watches, whatever linear addresses they are reached by. Of a load that is not aligned the engine makes
 * aligned ones, and those count: it may be taken for one that reads bytes beside its own, of the same word.
 *
 * @param physical address of the first byte
 * @param length   in bytes, from 1 on
 */
public record Watch(long physical, int length, Kind kind) {
    /** The accesses that count. */
    public enum Kind {
        WRITE, READ, ACCESS;

        boolean counts(boolean write) {
            return this == ACCESS || write == (this == WRITE);
        }
    }

    public Watch {
        if (physical < 0 || length < 1 || physical > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException("a watch of " + length + " bytes at " + physical);
        }
    }

    boolean isHit(long address, long bytes, boolean write) {
        return kind.counts(write) && address < physical + length && physical < address + bytes;
    }

    boolean touches(long address, long bytes) {
        return address < physical + length && physical < address + bytes;
    }
}
