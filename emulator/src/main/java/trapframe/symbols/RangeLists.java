package trapframe.symbols;

import java.util.Arrays;

/** The code that an entry is about (DWARF, 2.17), as pairs of its first address and the first one after it. */
final class RangeLists {
    private static final long[] NONE = {};

    private static final int RLE_END_OF_LIST = 0;
    private static final int RLE_BASE_ADDRESSX = 1;
    private static final int RLE_STARTX_ENDX = 2;
    private static final int RLE_STARTX_LENGTH = 3;
    private static final int RLE_OFFSET_PAIR = 4;
    private static final int RLE_BASE_ADDRESS = 5;
    private static final int RLE_START_END = 6;
    private static final int RLE_START_LENGTH = 7;

    private final Unit unit;
    private long[] pairs = NONE;
    private int count;

    private RangeLists(Unit unit) {
        this.unit = unit;
    }

    static long[] of(EntryReader entry) {
        RangeLists list = new RangeLists(entry.unit());
        if (entry.has(Dw.AT_RANGES)) {
            long value = entry.number(Dw.AT_RANGES, -1);
            if (entry.unit().version() < 5) {
                list.readOld(value);
            } else {
                list.read(entry.form(Dw.AT_RANGES) == Dw.FORM_RNGLISTX ? entry.unit().indexedRangeList(value) : value);
            }
        } else if (entry.has(Dw.AT_LOW_PC) && entry.has(Dw.AT_HIGH_PC)) {
            long low = entry.address(Dw.AT_LOW_PC);
            list.add(low, isAddress(entry.form(Dw.AT_HIGH_PC)) ? entry.address(Dw.AT_HIGH_PC) : low + entry.number(Dw.AT_HIGH_PC, 0));
        }
        return Arrays.copyOf(list.pairs, list.count);
    }

    /** The end of a function is an address, or a number of bytes (2.17.2). */
    private static boolean isAddress(int form) {
        return switch (form) {
            case Dw.FORM_ADDR, Dw.FORM_ADDRX, Dw.FORM_ADDRX1, Dw.FORM_ADDRX2, Dw.FORM_ADDRX3, Dw.FORM_ADDRX4 -> true;
            default -> false;
        };
    }

    static boolean contains(long[] pairs, long address) {
        for (int i = 0; i < pairs.length; i += 2) {
            if (Long.compareUnsigned(address, pairs[i]) >= 0 && Long.compareUnsigned(address, pairs[i + 1]) < 0) {
                return true;
            }
        }
        return false;
    }

    /** Code that the linker threw away has addresses at which no code is. */
    private void add(long low, long high) {
        unit.sections().budget().spend(1);
        if (Long.compareUnsigned(low, high) >= 0 || !unit.sections().elf().isCode(low)) {
            return;
        }
        if (count == pairs.length) {
            pairs = Arrays.copyOf(pairs, Math.max(2, 2 * count));
        }
        pairs[count++] = low;
        pairs[count++] = high;
    }

    /** .debug_ranges, up to version 4 (DWARF 4, 2.17.3). */
    private void readOld(long offset) {
        Cursor c = unit.sections().ranges().cursor(offset);
        int width = unit.addressSize();
        long selectsBase = width == 8 ? -1 : 0xffff_ffffL;
        long base = unit.baseAddress();
        while (true) {
            long low = c.unsigned(width);
            long high = c.unsigned(width);
            if (low == 0 && high == 0) {
                return;
            }
            if (low == selectsBase) {
                base = high;
                unit.sections().budget().spend(1);
            } else {
                add(base + low, base + high);
            }
        }
    }

    /** .debug_rnglists (2.17.3, 7.25). */
    private void read(long offset) {
        Cursor c = unit.sections().rangeLists().cursor(offset);
        int width = unit.addressSize();
        long base = unit.baseAddress();
        while (true) {
            int kind = c.u8();
            switch (kind) {
                case RLE_END_OF_LIST -> {
                    return;
                }
                case RLE_BASE_ADDRESSX -> base = unit.indexedAddress(c.uleb());
                case RLE_STARTX_ENDX -> add(unit.indexedAddress(c.uleb()), unit.indexedAddress(c.uleb()));
                case RLE_STARTX_LENGTH -> {
                    long low = unit.indexedAddress(c.uleb());
                    add(low, low + c.uleb());
                }
                case RLE_OFFSET_PAIR -> add(base + c.uleb(), base + c.uleb());
                case RLE_BASE_ADDRESS -> base = c.unsigned(width);
                case RLE_START_END -> add(c.unsigned(width), c.unsigned(width));
                case RLE_START_LENGTH -> {
                    long low = c.unsigned(width);
                    add(low, low + c.uleb());
                }
                default -> throw c.section().damaged("a list of addresses has an entry of the unknown kind " + kind);
            }
            unit.sections().budget().spend(1);
        }
    }
}
