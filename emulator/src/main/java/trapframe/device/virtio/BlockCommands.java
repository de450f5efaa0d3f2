package trapframe.device.virtio;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import trapframe.device.drive.Drive;
import trapframe.device.drive.Transfer;
import trapframe.memory.GuestMemory;
import trapframe.time.EventQueue;

/** What the block device's requests ask of its drive, struct virtio_blk_req (5.2.6). */
final class BlockCommands {
    static final int HEADER_BYTES = 16;
    static final int STATUS_BYTES = 1;

    private static final int TYPE_IN = 0;
    private static final int TYPE_OUT = 1;
    private static final int TYPE_FLUSH = 4;
    private static final int TYPE_GET_ID = 8;
    private static final int TYPE_DISCARD = 11;
    private static final int TYPE_WRITE_ZEROES = 13;

    private static final int SERIAL_BYTES = 20;
    private static final int RANGE_BYTES = 16;
    private static final int RANGE_UNMAP = 1;
    private static final byte[] NO_DATA = {};

    private final EventQueue events;
    private final Drive drive;
    private final byte[] serial;

    /** @param serial at most 20 ASCII characters */
    BlockCommands(EventQueue events, Drive drive, String serial) {
        this.events = events;
        this.drive = drive;
        this.serial = serial.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Begins what a chain asks for.
     *
     * @param chain        with room for the header and the status at least
     * @param writeThrough whether a write has to be durable when it completes
     */
    BlockRequest start(DescriptorChain chain, GuestMemory ram, boolean writeThrough) {
        byte[] header = chain.read(ram, 0, HEADER_BYTES);
        long sector = Bytes.get(header, 8, 8);
        return switch ((int) Bytes.get(header, 0, 4)) {
            case TYPE_IN -> read(chain, sector);
            case TYPE_OUT -> write(chain, sector, ram, writeThrough);
            case TYPE_FLUSH -> request(chain, VirtioBlock.FLUSH_NANOS, BlockRequest.OK, drive.flush());
            case TYPE_GET_ID -> getId(chain);
            case TYPE_DISCARD -> drive.isReadOnly() ? refused(chain, BlockRequest.UNSUPPORTED) : clear(chain, ram, 0, writeThrough);
            case TYPE_WRITE_ZEROES -> drive.isReadOnly() ? refused(chain, BlockRequest.UNSUPPORTED) : clear(chain, ram, RANGE_UNMAP, writeThrough);
            default -> refused(chain, BlockRequest.UNSUPPORTED);
        };
    }

    private BlockRequest read(DescriptorChain chain, long sector) {
        long length = chain.writableLength() - STATUS_BYTES;
        if (!isThere(sector, length)) {
            return refused(chain, BlockRequest.IO_ERROR);
        }
        return request(chain, VirtioBlock.READ_WRITE_NANOS + length, BlockRequest.OK, drive.read(sector, (int) (length / VirtioBlock.SECTOR)));
    }

    private BlockRequest write(DescriptorChain chain, long sector, GuestMemory ram, boolean writeThrough) {
        long length = chain.readableLength() - HEADER_BYTES;
        if (drive.isReadOnly() || !isThere(sector, length)) {
            return refused(chain, BlockRequest.IO_ERROR);
        }
        byte[] bytes = chain.read(ram, HEADER_BYTES, (int) length);
        return request(chain, VirtioBlock.READ_WRITE_NANOS + length, BlockRequest.OK, drive.write(sector, bytes, writeThrough));
    }

    private boolean isThere(long sector, long length) {
        return length % VirtioBlock.SECTOR == 0 && length <= VirtioBlock.MOST_BYTES && areThere(sector, length / VirtioBlock.SECTOR);
    }

    private boolean areThere(long sector, long count) {
        return sector >= 0 && sector <= drive.sectors() && count <= drive.sectors() - sector;
    }

    private BlockRequest getId(DescriptorChain chain) {
        int length = (int) Math.min(chain.writableLength() - STATUS_BYTES, SERIAL_BYTES);
        return request(chain, VirtioBlock.OTHER_NANOS, BlockRequest.OK, Transfer.ended(true, Arrays.copyOf(serial, length), 0));
    }

    /**
     * Discards or clears ranges; what was discarded reads as zeros.
     *
     * @param allowed flags of a range
     */
    private BlockRequest clear(DescriptorChain chain, GuestMemory ram, int allowed, boolean writeThrough) {
        long length = chain.readableLength() - HEADER_BYTES;
        if (length % RANGE_BYTES != 0 || length / RANGE_BYTES > BlockConfiguration.MOST_RANGES) {
            return refused(chain, BlockRequest.IO_ERROR);
        }
        byte[] ranges = chain.read(ram, HEADER_BYTES, (int) length);
        for (int at = 0; at < ranges.length; at += RANGE_BYTES) {
            if ((Bytes.get(ranges, at + 12, 4) & ~allowed) != 0) {
                return refused(chain, BlockRequest.UNSUPPORTED);
            }
            long count = Bytes.get(ranges, at + 8, 4);
            if (count > BlockConfiguration.MOST_RANGE_SECTORS || !areThere(Bytes.get(ranges, at, 8), count)) {
                return refused(chain, BlockRequest.IO_ERROR);
            }
        }
        Transfer last = Transfer.ended(true, NO_DATA, 0);
        for (int at = 0; at < ranges.length && last.await(); at += RANGE_BYTES) {
            last = drive.clear(Bytes.get(ranges, at, 8), Bytes.get(ranges, at + 8, 4), writeThrough);
        }
        return request(chain, VirtioBlock.OTHER_NANOS, BlockRequest.OK, last);
    }

    private BlockRequest refused(DescriptorChain chain, int status) {
        return request(chain, VirtioBlock.OTHER_NANOS, status, Transfer.ended(true, NO_DATA, 0));
    }

    private BlockRequest request(DescriptorChain chain, long nanos, int status, Transfer transfer) {
        return new BlockRequest(chain, events.clock().positionAtNanos(events.clock().nanos() + nanos), status, transfer);
    }
}
