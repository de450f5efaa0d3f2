package trapframe.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A page walk by the tables of SDM vol. 3A, chapter 4, one level after the other, written to be compared with
 * {@link PageWalker} and to share nothing with it. It works on a copy of RAM, where it leaves the accessed and dirty flags.
 *
 * @param memory physical memory from address 0; what lies beyond, and in the gap for video memory, reads
 *               all ones
 */
record ReferenceWalker(byte[] memory, long cr0, long cr3, long cr4, long efer, boolean longMode, boolean ac) {
    /** How a walk ended: {@code errorCode} is -1 where there is a physical address, -2 where the address is not canonical. */
    record Outcome(long physical, int errorCode) {
        static final Outcome NOT_CANONICAL = new Outcome(0, -2);
    }

    /** The bit of the address where a level's index starts, how wide the index is, and whether a page may end there. */
    private record Level(int shift, int indexBits, boolean mayBePage, long alwaysReserved, long reservedInPage) { }

    private static final int VIDEO_START = 0xa0000;
    private static final int VIDEO_END = 0xc0000;
    private static final long ABOVE_40 = bits(51, 40);
    private static final Level[] LONG = {
        new Level(39, 9, false, ABOVE_40 | bits(7, 7), 0),
        new Level(30, 9, true, ABOVE_40, bits(29, 13)),
        new Level(21, 9, true, ABOVE_40, bits(20, 13)),
        new Level(12, 9, true, ABOVE_40, 0)};
    private static final Level[] PAE = {
        new Level(30, 2, false, bits(63, 40) | bits(8, 5) | bits(2, 1), 0),
        new Level(21, 9, true, bits(62, 40), bits(20, 13)),
        new Level(12, 9, true, bits(62, 40), 0)};
    private static final Level[] LEGACY = {
        new Level(22, 10, true, 0, bits(21, 21)),
        new Level(12, 10, true, 0, 0)};

    Outcome walk(long linear, boolean write, boolean fetch, boolean user, boolean implicit) {
        if (bit(cr0, 31) == 0) {
            return new Outcome(linear & bits(31, 0), -1);
        }
        boolean pae = longMode || bit(cr4, 5) == 1;
        if (longMode && !(linear >> 47 == 0 || linear >> 47 == -1)) {
            return Outcome.NOT_CANONICAL;
        }
        Level[] levels = longMode ? LONG : pae ? PAE : LEGACY;
        int width = pae ? 8 : 4;
        boolean nxe = bit(efer, 11) == 1;
        int cause = (write ? 2 : 0) | (user ? 4 : 0) | (fetch && (bit(cr4, 20) == 1 || pae && nxe) ? 16 : 0);
        long table = longMode ? cr3 & bits(39, 12) : pae ? cr3 & bits(31, 5) : cr3 & bits(31, 12);
        boolean allUser = true;
        boolean allWritable = true;
        boolean anyNoExecute = false;
        for (int i = 0; ; i++) {
            Level level = levels[i];
            long at = table + (linear >>> level.shift & bits(level.indexBits - 1, 0)) * width;
            long entry = load(at, width);
            if (bit(entry, 0) == 0) {
                return new Outcome(0, cause);
            }
            boolean last = i == levels.length - 1;
            boolean page = last || level.mayBePage && bit(entry, 7) == 1 && (pae || bit(cr4, 4) == 1);
            boolean pointer = levels == PAE && i == 0;
            long reserved = level.alwaysReserved | (page ? level.reservedInPage : 0) | (pae && !nxe ? bits(63, 63) : 0);
            if ((entry & reserved) != 0) {
                return new Outcome(0, cause | 1 | 8);
            }
            if (!pointer) {
                allUser &= bit(entry, 2) == 1;
                allWritable &= bit(entry, 1) == 1;
                anyNoExecute |= pae && bit(entry, 63) == 1;
            }
            if (page) {
                if (!permitted(write, fetch, user, implicit, allUser, allWritable, anyNoExecute)) {
                    return new Outcome(0, cause | 1);
                }
                store(at, width, entry | 1 << 5 | (write ? 1 << 6 : 0));
                long base = entry & bits(pae ? 39 : 31, level.shift);
                if (!pae && !last) {
                    base |= (entry & bits(20, 13)) >>> 13 << 32;
                }
                return new Outcome(base | linear & bits(level.shift - 1, 0), -1);
            }
            if (!pointer) {
                store(at, width, entry | 1 << 5);
            }
            table = entry & bits(pae ? 39 : 31, 12);
        }
    }

    /** SDM 4.6.1, "Determination of Access Rights". */
    private boolean permitted(boolean write, boolean fetch, boolean user, boolean implicit, boolean userPage, boolean writable,
            boolean noExecute) {
        if (user) {
            return userPage && (!write || writable) && !(fetch && noExecute);
        }
        if (fetch) {
            return !noExecute && !(userPage && bit(cr4, 20) == 1);
        }
        boolean keptOut = userPage && bit(cr4, 21) == 1 && (implicit || !ac);
        return !keptOut && (!write || writable || bit(cr0, 16) == 0);
    }

    private boolean isRam(long at, int width) {
        return at + width <= memory.length && (at + width <= VIDEO_START || at >= VIDEO_END);
    }

    private long load(long at, int width) {
        if (!isRam(at, width)) {
            return width == 8 ? -1 : 0xffff_ffffL;
        }
        ByteBuffer buffer = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        return width == 8 ? buffer.getLong((int) at) : buffer.getInt((int) at) & 0xffff_ffffL;
    }

    private void store(long at, int width, long value) {
        for (int i = 0; i < width && isRam(at, width); i++) {
            memory[(int) at + i] = (byte) (value >>> 8 * i);
        }
    }

    private static long bit(long value, int number) {
        return value >>> number & 1;
    }

    /** A mask of the bits from {@code high} down to {@code low}. */
    static long bits(int high, int low) {
        return (high == 63 ? -1 : (1L << high + 1) - 1) & -1L << low;
    }
}
