package trapframe.device.virtio;

import java.util.ArrayList;
import java.util.List;
import trapframe.bus.Stateful;
import trapframe.memory.GuestMemory;

/**
 * A split virtqueue (2.7), with indirect descriptors and event indexes, as the device sees it. The descriptor table, the
 * available and the used ring are the guest's; only where the device is in them is kept here.
 */
final class SplitQueue implements Stateful<SplitQueue.State> {
    static final int MAX_SIZE = 32_768;

    private static final int DESCRIPTOR_BYTES = 16;
    private static final int DESCRIPTOR_NEXT = 1;
    private static final int DESCRIPTOR_WRITE = 2;
    private static final int DESCRIPTOR_INDIRECT = 4;

    private static final int RING_INDEX = 2;
    private static final int RING_ENTRIES = 4;
    private static final int USED_ENTRY_BYTES = 8;
    private static final int AVAILABLE_NO_INTERRUPT = 1;
    private static final int INDEX = 0xffff;

    /**
     * @param size          entries, as the driver set it
     * @param ready         whether the driver enabled the queue
     * @param descriptors   physical address of the descriptor table
     * @param available     of the available ring (driver area)
     * @param used          of the used ring (device area)
     * @param nextAvailable the available ring's index up to which buffers were taken
     * @param nextUsed      the used ring's index
     */
    record State(int size, boolean ready, long descriptors, long available, long used, int nextAvailable, int nextUsed) {
    }

    private final int number;
    private final int maxSize;
    private final GuestMemory ram;
    private int size;
    private boolean ready;
    private long descriptors;
    private long available;
    private long used;
    private int nextAvailable;
    private int nextUsed;
    private long changes;

    /** @param maxSize entries, a power of two up to {@link #MAX_SIZE} */
    SplitQueue(int number, int maxSize, GuestMemory ram) {
        this.number = number;
        this.maxSize = maxSize;
        this.ram = ram;
        reset();
    }

    void reset() {
        restore(new State(maxSize, false, 0, 0, 0, 0, 0));
    }

    int maxSize() {
        return maxSize;
    }

    int size() {
        return size;
    }

    /** Sets the number of entries; not while the queue is enabled. */
    void setSize(int newSize) {
        changes++;
        size = ready ? size : newSize;
    }

    boolean isReady() {
        return ready;
    }

    long descriptors() {
        return descriptors;
    }

    long available() {
        return available;
    }

    long used() {
        return used;
    }

    /** Says where the driver put the queue's parts; not while the queue is enabled. */
    void setAreas(long newDescriptors, long newAvailable, long newUsed) {
        if (!ready) {
            changes++;
            descriptors = newDescriptors;
            available = newAvailable;
            used = newUsed;
        }
    }

    /** The layout of the legacy interface: one piece of memory (2.7.2). */
    void setLegacyAreas(long start, long alignment) {
        long ring = start + (long) size * DESCRIPTOR_BYTES;
        long end = ring + RING_ENTRIES + 2L * size + 2;
        setAreas(start, ring, end + alignment - 1 & -alignment);
    }

    /** The driver enables the queue. */
    void enable() throws ProtocolViolation {
        if (size < 1 || size > maxSize || Integer.bitCount(size) != 1) {
            throw violation("has " + size + " entries, which is no power of two up to " + maxSize);
        }
        requireRam("descriptor table", descriptors, (long) size * DESCRIPTOR_BYTES, 16);
        requireRam("available ring", available, RING_ENTRIES + 2L * size + 2, 2);
        requireRam("used ring", used, RING_ENTRIES + (long) size * USED_ENTRY_BYTES + 2, 4);
        changes++;
        ready = true;
    }

    void disable() {
        changes++;
        ready = false;
        nextAvailable = 0;
        nextUsed = 0;
    }

    private void requireRam(String what, long address, long length, int alignment) throws ProtocolViolation {
        if (address % alignment != 0 || !ram.isRam(address, length)) {
            throw violation(String.format("has its %s at 0x%x, which is not RAM aligned to %d", what, address, alignment));
        }
    }

    /** Takes the next available buffer, or returns null. */
    DescriptorChain take(boolean eventIndex) throws ProtocolViolation {
        int index = ram.getShort(available + RING_INDEX);
        int waiting = index - nextAvailable & INDEX;
        if (waiting > size) {
            throw violation("offers " + waiting + " buffers at once");
        }
        if (waiting == 0) {
            if (eventIndex) {
                ram.putShort(used + RING_ENTRIES + (long) size * USED_ENTRY_BYTES, nextAvailable);
            }
            return null;
        }
        int head = ram.getShort(available + RING_ENTRIES + 2L * (nextAvailable % size));
        DescriptorChain chain = chain(head);
        changes++;
        nextAvailable = nextAvailable + 1 & INDEX;
        return chain;
    }

    private DescriptorChain chain(int head) throws ProtocolViolation {
        List<DescriptorChain.Segment> readable = new ArrayList<>();
        List<DescriptorChain.Segment> writable = new ArrayList<>();
        long table = descriptors;
        int entries = size;
        int next = head;
        boolean indirect = false;
        int seen = 0;
        while (true) {
            if (next >= entries) {
                throw violation("names descriptor " + next + " of " + entries);
            }
            if (++seen > size) {
                throw violation("has a chain of more than " + size + " descriptors");
            }
            long at = table + (long) next * DESCRIPTOR_BYTES;
            long address = ram.getLong(at);
            long length = ram.getInt(at + 8) & 0xffff_ffffL;
            int flags = ram.getShort(at + 12);
            if (!ram.isRam(address, length)) {
                throw violation(String.format("has a descriptor for 0x%x bytes at 0x%x, which is not RAM", length, address));
            }
            if ((flags & DESCRIPTOR_INDIRECT) != 0) {
                if (indirect || (flags & DESCRIPTOR_NEXT) != 0) {
                    throw violation("has an indirect descriptor in a table of them, or one with a successor");
                }
                if (length == 0 || length % DESCRIPTOR_BYTES != 0 || length / DESCRIPTOR_BYTES > size) {
                    throw violation("has a table of indirect descriptors of " + length + " bytes");
                }
                indirect = true;
                table = address;
                entries = (int) (length / DESCRIPTOR_BYTES);
                next = 0;
                seen = 0;
                continue;
            }
            add(new DescriptorChain.Segment(address, length), (flags & DESCRIPTOR_WRITE) != 0, readable, writable);
            if ((flags & DESCRIPTOR_NEXT) == 0) {
                return new DescriptorChain(number, head, List.copyOf(readable), List.copyOf(writable));
            }
            next = ram.getShort(at + 14);
        }
    }

    private void add(DescriptorChain.Segment segment, boolean write, List<DescriptorChain.Segment> readable,
            List<DescriptorChain.Segment> writable) throws ProtocolViolation {
        if (!write && !writable.isEmpty()) {
            throw violation("has a chain with a readable descriptor behind a writable one");
        }
        if (segment.length() > 0) {
            (write ? writable : readable).add(segment);
        }
    }

    /**
     * Returns a buffer to the driver.
     *
     * @param written bytes written from the start of its writable part
     * @return whether the driver wants to be interrupted for it
     */
    boolean give(int head, long written, boolean eventIndex) {
        long entry = used + RING_ENTRIES + (long) (nextUsed % size) * USED_ENTRY_BYTES;
        ram.putInt(entry, head);
        ram.putInt(entry + 4, (int) written);
        int before = nextUsed;
        changes++;
        nextUsed = nextUsed + 1 & INDEX;
        ram.putShort(used + RING_INDEX, nextUsed);
        if (eventIndex) {
            return ram.getShort(available + RING_ENTRIES + 2L * size) == before;
        }
        return (ram.getShort(available) & AVAILABLE_NO_INTERRUPT) == 0;
    }

    private ProtocolViolation violation(String what) {
        return new ProtocolViolation("queue " + number + " " + what);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(size, ready, descriptors, available, used, nextAvailable, nextUsed);
    }

    @Override
    public void restore(State state) {
        changes++;
        size = state.size;
        ready = state.ready;
        descriptors = state.descriptors;
        available = state.available;
        used = state.used;
        nextAvailable = state.nextAvailable;
        nextUsed = state.nextUsed;
    }
}
