package trapframe.diagnose.locks;

import trapframe.memory.GuestMemory;

/** Numbers of 1, 2, 4 or 8 bytes in RAM, by physical address. */
record Cells(GuestMemory ram) {
    long read(long address, int width) {
        return switch (width) {
            case 1 -> ram.getByte(address) & 0xffL;
            case 2 -> ram.getShort(address) & 0xffffL;
            case 4 -> ram.getInt(address) & 0xffff_ffffL;
            default -> ram.getLong(address);
        };
    }

    /** What a cell will hold behind a store to some of its bytes. */
    long overlay(long cell, int cellWidth, long physical, int width, long value) {
        long now = read(cell, cellWidth);
        for (int i = 0; i < width; i++) {
            long at = physical + i - cell;
            if (at >= 0 && at < cellWidth) {
                now = now & ~(0xffL << 8 * at) | (value >>> 8 * i & 0xff) << 8 * at;
            }
        }
        return now;
    }

    /** The number behind a ticket. */
    static long next(long ticket, int width) {
        return width == Long.BYTES ? ticket + 1 : ticket + 1 & (1L << 8 * width) - 1;
    }

    /** All ones in the bytes that are not 0. */
    static long lockedBytes(long value) {
        long mask = 0;
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            mask |= (value >>> shift & 0xff) != 0 ? 0xffL << shift : 0;
        }
        return mask;
    }
}
