package trapframe.memory;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.nio.ByteBuffer;

/**
 * A hash of RAM that follows changes at the cost of the pages that changed: the sum, modulo 2^128, of a hash of each page that is not
 * zero. A page's hash is the first half of SHA-256 over its number, as 8 bytes, highest first, and its content.
 */
final class RamHash {
    private final MessageDigest digest;
    private final byte[] content = new byte[GuestMemory.PAGE_SIZE];
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    /** By page: the two halves of its hash; zeros for a page of zeros. */
    private final long[] high;
    private final long[] low;
    private long sumHigh;
    private long sumLow;

    /** For RAM that is zero. */
    RamHash(int pages) {
        high = new long[pages];
        low = new long[pages];
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** The content of a page may have changed. */
    void update(int page, GuestMemory ram) {
        add(-high[page] - (low[page] != 0 ? 1 : 0), -low[page]);
        if (ram.isZero(page)) {
            high[page] = 0;
            low[page] = 0;
        } else {
            ram.read((long) page * GuestMemory.PAGE_SIZE, content, 0, content.length);
            digest.update(number.clear().putLong(page).flip());
            ByteBuffer hash = ByteBuffer.wrap(digest.digest(content));
            high[page] = hash.getLong();
            low[page] = hash.getLong();
        }
        add(high[page], low[page]);
    }

    private void add(long addedHigh, long addedLow) {
        sumLow += addedLow;
        sumHigh += addedHigh + (Long.compareUnsigned(sumLow, addedLow) < 0 ? 1 : 0);
    }

    /** 16 bytes. */
    byte[] bytes() {
        return ByteBuffer.allocate(2 * Long.BYTES).putLong(sumHigh).putLong(sumLow).array();
    }
}
