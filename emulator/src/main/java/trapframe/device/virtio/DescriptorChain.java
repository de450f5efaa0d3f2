package trapframe.device.virtio;

import java.util.List;
import trapframe.memory.GuestMemory;

/**
 * A buffer that the driver made available: what the device may read, and then what it may write.
 *
 * @param queue    the number of the queue
 * @param head     the first descriptor's number, which the used ring names
 * @param readable all of them lie in RAM
 * @param writable likewise
 */
record DescriptorChain(int queue, int head, List<Segment> readable, List<Segment> writable) {
    /**
     * One piece of guest memory.
     *
     * @param length bytes, 1 to 2^32 - 1
     */
    record Segment(long address, long length) {
    }

    long readableLength() {
        return length(readable);
    }

    long writableLength() {
        return length(writable);
    }

    private static long length(List<Segment> segments) {
        return segments.stream().mapToLong(Segment::length).sum();
    }

    /** Reads bytes of the readable part; they must be there. */
    byte[] read(GuestMemory ram, long from, int length) {
        byte[] bytes = new byte[length];
        each(readable, from, length, (address, done, piece) -> ram.read(address, bytes, done, piece));
        return bytes;
    }

    /** Writes bytes to the writable part; there must be room. */
    void write(GuestMemory ram, long at, byte[] bytes) {
        each(writable, at, bytes.length, (address, done, piece) -> ram.write(address, bytes, done, piece));
    }

    private interface Piece {
        void handle(long address, int done, int length);
    }

    private static void each(List<Segment> segments, long from, int length, Piece action) {
        long skip = from;
        int done = 0;
        for (Segment segment : segments) {
            int piece = (int) Math.min(Math.max(segment.length - skip, 0), length - done);
            if (piece > 0) {
                action.handle(segment.address + skip, done, piece);
                done += piece;
            }
            skip = Math.max(skip - segment.length, 0);
        }
        if (done < length) {
            throw new IndexOutOfBoundsException("a descriptor chain is shorter than " + from + " + " + length + " bytes");
        }
    }
}
