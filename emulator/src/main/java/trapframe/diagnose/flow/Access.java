package trapframe.diagnose.flow;

import java.util.stream.LongStream;

/**
 * An access to memory that an instruction makes.
 *
 * @param linear   address of its first byte
 * @param physical address of its first byte; the others follow
 * @param before   what was there before the instruction, if that is up to 8 bytes
 * @param changed  whether something else was there behind it
 */
public record Access(long linear, long physical, int bytes, boolean write, long before, boolean changed) {
    /** Whether it reaches any of some bytes of RAM. */
    public boolean overlaps(long address, long length) {
        return address < physical + bytes && physical < address + length;
    }

    /** The physical addresses of its bytes. */
    LongStream all() {
        return LongStream.range(physical, physical + bytes);
    }
}
