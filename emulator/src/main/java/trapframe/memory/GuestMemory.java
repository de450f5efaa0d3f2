package trapframe.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import trapframe.unicorn.HostMemory;

/**
 * The guest's RAM, addressed by physical address.
 *
 * <p>RAM fills physical addresses from 0 up to the size, with one gap: 0xA0000 to 0xBFFFF, where a PC has its video
 * memory, is not RAM ({@link #isRam}). Multi-byte values are little-endian and may be unaligned.
 *
 * <p>A write through this class is a write by the host (a loader, a device, a debugger): the listener hears of the
 * range, so that translated code follows. The CPU's own stores do not come here, but {@link #willBeWritten} does before
 * the first of them to a page, so that an {@link #image} needs to look only at pages that may have changed.
 */
public final class GuestMemory implements AutoCloseable {
    public static final int PAGE_SIZE = 4096;
    /** The gap for video memory: first byte, and first byte after it. */
    public static final long VIDEO_START = 0xa0000;
    public static final long VIDEO_END = 0xc0000;
    /** The most RAM a machine can have: the addresses from 3 GiB on belong to devices. */
    public static final long MAX_SIZE = 0xc000_0000L;

    private static final byte[] ZEROS = new byte[PAGE_SIZE];

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Hears of bytes that the host wrote. */
    @FunctionalInterface
    public interface WriteListener {
        void written(long address, long length);
    }

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram;
    private WriteListener listener = (address, length) -> { };
    /** The content of all pages that are not in {@link #written}. */
    private RamImage image;
    /** The pages that may differ from {@link #image}. */
    private final PageSet written;
    private RamHash hash;
    /** The pages that may have changed since {@link #hash} saw them. */
    private final PageSet unhashed;

    /**
     * @param size bytes, a multiple of the page size, 1 MiB to {@link #MAX_SIZE}
     */
    public GuestMemory(long size) {
        if (size < 1 << 20 || size > MAX_SIZE || size % PAGE_SIZE != 0) {
            throw new IllegalArgumentException("RAM must be 1 MiB to 3 GiB in whole pages, not " + size + " bytes");
        }
        ram = HostMemory.zeros(size, arena);
        image = RamImage.zeros((int) (size / PAGE_SIZE));
        written = new PageSet(image.pages());
        unhashed = new PageSet(image.pages());
    }

    public long size() {
        return ram.byteSize();
    }

    /** The RAM itself, for the engine and for bulk reads; write through the methods of this class. */
    public MemorySegment segment() {
        return ram;
    }

    public void onHostWrite(WriteListener newListener) {
        listener = newListener;
    }

    /** Whether all of the range is RAM. */
    public boolean isRam(long address, long length) {
        return address >= 0 && length >= 0 && address <= size() - length
                && (address + length <= VIDEO_START || address >= VIDEO_END);
    }

    public int getByte(long address) {
        return ram.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    public int getShort(long address) {
        return ram.get(SHORT, address) & 0xffff;
    }

    public int getInt(long address) {
        return ram.get(INT, address);
    }

    public long getLong(long address) {
        return ram.get(LONG, address);
    }

    public byte[] read(long address, int length) {
        return ram.asSlice(address, length).toArray(ValueLayout.JAVA_BYTE);
    }

    public void read(long address, byte[] into, int from, int length) {
        MemorySegment.copy(ram, ValueLayout.JAVA_BYTE, address, into, from, length);
    }

    public void putByte(long address, int value) {
        ram.set(ValueLayout.JAVA_BYTE, address, (byte) value);
        written(address, 1);
    }

    public void putShort(long address, int value) {
        ram.set(SHORT, address, (short) value);
        written(address, Short.BYTES);
    }

    public void putInt(long address, int value) {
        ram.set(INT, address, value);
        written(address, Integer.BYTES);
    }

    public void putLong(long address, long value) {
        ram.set(LONG, address, value);
        written(address, Long.BYTES);
    }

    public void write(long address, byte[] bytes) {
        write(address, bytes, 0, bytes.length);
    }

    public void write(long address, byte[] bytes, int from, int length) {
        MemorySegment.copy(bytes, from, ram, ValueLayout.JAVA_BYTE, address, length);
        written(address, length);
    }

    public void write(long address, MemorySegment bytes) {
        MemorySegment.copy(bytes, 0, ram, address, bytes.byteSize());
        written(address, bytes.byteSize());
    }

    public void fill(long address, long length, int value) {
        ram.asSlice(address, length).fill((byte) value);
        written(address, length);
    }

    private void written(long address, long length) {
        if (length > 0) {
            int last = (int) ((address + length - 1) / PAGE_SIZE);
            for (int page = (int) (address / PAGE_SIZE); page <= last; page++) {
                willBeWritten(page);
            }
        }
        listener.written(address, length);
    }

    /** A CPU may store to a page from now on. */
    public void willBeWritten(int page) {
        written.add(page);
        unhashed.add(page);
    }

    /**
     * A hash of all content, 16 bytes, at the cost of the pages that may have been written since the last one.
     *
     * @param stillWritable names the pages that a CPU may go on to store to, without {@link #willBeWritten} being called again
     */
    public byte[] hash(Consumer<IntConsumer> stillWritable) {
        if (hash == null) {
            hash = new RamHash(image.pages());
        }
        unhashed.forEach(page -> hash.update(page, this));
        unhashed.clear();
        stillWritable.accept(unhashed::add);
        return hash.bytes();
    }

    /**
     * The content of RAM now, at the cost of the pages that may have been written since the last image.
     *
     * @param stillWritable names the pages that a CPU may go on to store to, without {@link #willBeWritten} being called again
     */
    public RamImage image(Consumer<IntConsumer> stillWritable) {
        RamImage.Builder next = new RamImage.Builder(image);
        written.forEach(page -> {
            byte[] before = image.page(page);
            if (!holds(page, before)) {
                next.set(page, isZero(page) ? null : read((long) page * PAGE_SIZE, PAGE_SIZE));
            }
        });
        image = next.build();
        written.clear();
        stillWritable.accept(written::add);
        return image;
    }

    /**
     * Goes back, or ahead, to an image of this RAM or of another machine's of the same size; the listener hears of every page that
     * changes. No CPU may store to any page afterwards before {@link #willBeWritten} was called for it.
     */
    public void restore(RamImage target) {
        if (target.pages() != image.pages()) {
            throw new IllegalArgumentException("an image of " + target.pages() + " pages, for RAM of " + image.pages());
        }
        image.forEachDifference(target, written::add);
        written.forEach(page -> {
            byte[] content = target.page(page);
            if (!holds(page, content)) {
                long address = (long) page * PAGE_SIZE;
                MemorySegment.copy(content == null ? ZEROS : content, 0, ram, ValueLayout.JAVA_BYTE, address, PAGE_SIZE);
                unhashed.add(page);
                listener.written(address, PAGE_SIZE);
            }
        });
        written.clear();
        image = target;
    }

    /** From now on the pages that may differ from an image of RAM of this size are {@link #forEachWritten}'s; the next image shares the others with it. */
    public void relateTo(RamImage other) {
        image.forEachDifference(other, written::add);
        image = other;
    }

    /** Calls for each page that may differ from the last {@link #image}, or from what was {@link #restore restored} or {@link #relateTo related to} since. */
    public void forEachWritten(IntConsumer action) {
        written.forEach(action);
    }

    boolean isZero(int page) {
        return holds(page, null);
    }

    /** @param content of a page, null for zeros */
    private boolean holds(int page, byte[] content) {
        return HostMemory.isSame(ram.asSlice((long) page * PAGE_SIZE, PAGE_SIZE), MemorySegment.ofArray(content == null ? ZEROS : content));
    }

    @Override
    public void close() {
        arena.close();
    }
}
