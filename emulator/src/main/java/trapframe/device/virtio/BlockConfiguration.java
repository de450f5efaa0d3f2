package trapframe.device.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The block device's configuration space, struct virtio_blk_config (5.2.4). */
final class BlockConfiguration {
    static final int LENGTH = 60;
    static final int WRITEBACK = 32;

    /** Of one request for discard or write-zeroes: its ranges, and the sectors of each. */
    static final int MOST_RANGES = 16;
    static final int MOST_RANGE_SECTORS = 1 << 22;

    private static final int SEGMENTS_MAX = 12;
    private static final int BLOCK_SIZE = 20;
    private static final int PHYSICAL_BLOCK_EXPONENT = 24;
    private static final int MIN_IO_BLOCKS = 26;
    private static final int OPT_IO_BLOCKS = 28;
    private static final int QUEUES = 34;
    private static final int DISCARD_SECTORS = 36;
    private static final int DISCARD_RANGES = 40;
    private static final int DISCARD_ALIGNMENT = 44;
    private static final int WRITE_ZEROES_SECTORS = 48;
    private static final int WRITE_ZEROES_RANGES = 52;
    private static final int WRITE_ZEROES_MAY_UNMAP = 56;

    /** Physical blocks of 4 KiB, as the host's pages. */
    private static final int SECTORS_EXPONENT = 3;

    private BlockConfiguration() {
    }

    static byte[] of(long sectors, int segments, int queues, boolean writeback) {
        ByteBuffer fields = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(0, sectors);
        fields.putInt(SEGMENTS_MAX, segments);
        fields.putInt(BLOCK_SIZE, VirtioBlock.SECTOR);
        fields.put(PHYSICAL_BLOCK_EXPONENT, (byte) SECTORS_EXPONENT);
        fields.putShort(MIN_IO_BLOCKS, (short) (1 << SECTORS_EXPONENT));
        fields.putInt(OPT_IO_BLOCKS, 1 << SECTORS_EXPONENT);
        fields.put(WRITEBACK, (byte) (writeback ? 1 : 0));
        fields.putShort(QUEUES, (short) queues);
        fields.putInt(DISCARD_SECTORS, MOST_RANGE_SECTORS);
        fields.putInt(DISCARD_RANGES, MOST_RANGES);
        fields.putInt(DISCARD_ALIGNMENT, 1 << SECTORS_EXPONENT);
        fields.putInt(WRITE_ZEROES_SECTORS, MOST_RANGE_SECTORS);
        fields.putInt(WRITE_ZEROES_RANGES, MOST_RANGES);
        fields.put(WRITE_ZEROES_MAY_UNMAP, (byte) 1);
        return fields.array();
    }
}
