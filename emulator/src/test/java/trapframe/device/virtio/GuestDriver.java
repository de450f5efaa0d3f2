package trapframe.device.virtio;

import java.util.ArrayList;
import java.util.List;
import trapframe.memory.GuestMemory;

/** The guest's side of one split queue, written from the specification's driver requirements (2.7). */
final class GuestDriver {
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;

    final GuestMemory ram;
    final long descriptors;
    final long available;
    final long used;
    final int size;
    private int nextDescriptor;
    private int nextUsed;

    /** Lays a queue out from a page-aligned address on, as the legacy interface wants it. */
    GuestDriver(GuestMemory ram, long start, int size) {
        this.ram = ram;
        this.size = size;
        descriptors = start;
        available = start + 16L * size;
        used = available + 4 + 2L * size + 2 + 4095 & -4096;
        ram.fill(start, used + 8L * size + 6 - start, 0);
    }

    /** One descriptor of a chain. */
    record Piece(long address, long length, boolean write) {
    }

    static Piece read(long address, long length) {
        return new Piece(address, length, false);
    }

    static Piece write(long address, long length) {
        return new Piece(address, length, true);
    }

    void descriptor(long table, int number, long address, long length, int flags, int next) {
        long at = table + 16L * number;
        ram.putLong(at, address);
        ram.putInt(at + 8, (int) length);
        ram.putShort(at + 12, flags);
        ram.putShort(at + 14, next);
    }

    /** Fills descriptors and returns the head. */
    int chain(Piece... pieces) {
        int head = nextDescriptor;
        for (int i = 0; i < pieces.length; i++) {
            int number = nextDescriptor;
            nextDescriptor = (nextDescriptor + 1) % size;
            descriptor(descriptors, number, pieces[i].address, pieces[i].length,
                    (pieces[i].write ? WRITE : 0) | (i + 1 < pieces.length ? NEXT : 0), nextDescriptor);
        }
        return head;
    }

    /** Fills a table of indirect descriptors and one that points to it; returns the head. */
    int indirectChain(long table, Piece... pieces) {
        for (int i = 0; i < pieces.length; i++) {
            descriptor(table, i, pieces[i].address, pieces[i].length,
                    (pieces[i].write ? WRITE : 0) | (i + 1 < pieces.length ? NEXT : 0), i + 1);
        }
        int head = nextDescriptor;
        nextDescriptor = (nextDescriptor + 1) % size;
        descriptor(descriptors, head, table, 16L * pieces.length, INDIRECT, 0);
        return head;
    }

    void offer(int head) {
        int index = ram.getShort(available + 2);
        ram.putShort(available + 4 + 2L * (index % size), head);
        ram.putShort(available + 2, index + 1);
    }

    void offer(Piece... pieces) {
        offer(chain(pieces));
    }

    /** The buffers that came back since the last call: heads. */
    List<Integer> taken() {
        List<Integer> heads = new ArrayList<>();
        while (nextUsed != ram.getShort(used + 2)) {
            heads.add(ram.getInt(used + 4 + 8L * (nextUsed % size)));
            nextUsed = nextUsed + 1 & 0xffff;
        }
        return heads;
    }

    int usedIndex() {
        return ram.getShort(used + 2);
    }

    int lastLength() {
        return ram.getInt(used + 4 + 8L * ((usedIndex() - 1 & 0xffff) % size) + 4);
    }

    void setUsedEvent(int index) {
        ram.putShort(available + 4 + 2L * size, index);
    }

    int availableEvent() {
        return ram.getShort(used + 4 + 8L * size);
    }

    void setNoInterrupt(boolean none) {
        ram.putShort(available, none ? 1 : 0);
    }
}
