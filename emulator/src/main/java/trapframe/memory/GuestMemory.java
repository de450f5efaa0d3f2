package trapframe.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import trapframe.unicorn.HostMemory;

/**
 * The guest's RAM, addressed by physical address.
 *
 * <p>RAM fills physical addresses from 0 up to the size, with one gap: 0xA0000 to 0xBFFFF, where a PC has its video
 * memory, is not RAM ({@link #isRam}). Multi-byte values are little-endian and may be unaligned.
 *
 * <p>A write through this class is a write by the host (a loader, a device, a debugger): the listener hears of the
 * range, so that translated code and page tracking follow. The CPU's own stores do not come here.
 */
public final class GuestMemory implements AutoCloseable {
    public static final int PAGE_SIZE = 4096;
    /** The gap for video memory: first byte, and first byte after it. */
    public static final long VIDEO_START = 0xa0000;
    public static final long VIDEO_END = 0xc0000;
    /** The most RAM a machine can have: the addresses from 3 GiB on belong to devices. */
    public static final long MAX_SIZE = 0xc000_0000L;

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

    /**
     * @param size bytes, a multiple of the page size, 1 MiB to {@link #MAX_SIZE}
     */
    public GuestMemory(long size) {
        if (size < 1 << 20 || size > MAX_SIZE || size % PAGE_SIZE != 0) {
            throw new IllegalArgumentException("RAM must be 1 MiB to 3 GiB in whole pages, not " + size + " bytes");
        }
        ram = HostMemory.zeros(size, arena);
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
        listener.written(address, 1);
    }

    public void putShort(long address, int value) {
        ram.set(SHORT, address, (short) value);
        listener.written(address, Short.BYTES);
    }

    public void putInt(long address, int value) {
        ram.set(INT, address, value);
        listener.written(address, Integer.BYTES);
    }

    public void putLong(long address, long value) {
        ram.set(LONG, address, value);
        listener.written(address, Long.BYTES);
    }

    public void write(long address, byte[] bytes) {
        write(address, bytes, 0, bytes.length);
    }

    public void write(long address, byte[] bytes, int from, int length) {
        MemorySegment.copy(bytes, from, ram, ValueLayout.JAVA_BYTE, address, length);
        listener.written(address, length);
    }

    public void write(long address, MemorySegment bytes) {
        MemorySegment.copy(bytes, 0, ram, address, bytes.byteSize());
        listener.written(address, bytes.byteSize());
    }

    public void fill(long address, long length, int value) {
        ram.asSlice(address, length).fill((byte) value);
        listener.written(address, length);
    }

    @Override
    public void close() {
        arena.close();
    }
}
