package trapframe.cpu;

import java.util.Arrays;
import trapframe.memory.GuestMemory;

/**
 * The memory type range registers (SDM vol. 3A, section 12.11), as firmware leaves them: RAM is cached, the hole for
 * devices is not. Nothing here has caches, so that they are read, written and checked, and have no other effect.
 */
final class MemoryTypeRanges {
    private static final int MSR_CAPABILITIES = 0xfe;
    private static final int MSR_VARIABLE = 0x200;
    private static final int MSR_DEFAULT_TYPE = 0x2ff;
    private static final int[] MSR_FIXED = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

    private static final int PAIRS = 8;
    private static final int FIXED_SUPPORTED = 1 << 8;
    private static final int WRITE_COMBINING_SUPPORTED = 1 << 10;

    private static final long WRITE_BACK = 6;
    private static final long WRITE_PROTECTED = 5;
    private static final long EACH_BYTE = 0x0101_0101_0101_0101L;
    /** The fixed ranges below 0xa0000, and the one from there to 0xbffff. */
    private static final int FIXED_RAM = 2;
    private static final int FIXED_VIDEO = 2;
    private static final int FIRST_ROM = 3;

    private static final int FIXED_ENABLED = 1 << 10;
    private static final int ENABLED = 1 << 11;
    private static final int VALID = 1 << 11;
    private static final long ADDRESS = (1L << Paging.PHYSICAL_ADDRESS_BITS) - 1 & -GuestMemory.PAGE_SIZE;
    private static final long DEVICES_END = 1L << 32;

    /** The variable pairs, the fixed ranges, the default type. */
    private final long[] registers = new long[2 * PAIRS + MSR_FIXED.length + 1];

    MemoryTypeRanges() {
        reset();
    }

    /** What firmware leaves. */
    void reset() {
        Arrays.fill(registers, 0);
        registers[0] = GuestMemory.MAX_SIZE;
        registers[1] = -(DEVICES_END - GuestMemory.MAX_SIZE) & ADDRESS | VALID;
        Arrays.fill(registers, 2 * PAIRS, 2 * PAIRS + FIXED_RAM, WRITE_BACK * EACH_BYTE);
        registers[2 * PAIRS + FIXED_VIDEO] = 0;
        Arrays.fill(registers, 2 * PAIRS + FIRST_ROM, 2 * PAIRS + MSR_FIXED.length, WRITE_PROTECTED * EACH_BYTE);
        registers[registers.length - 1] = ENABLED | FIXED_ENABLED | WRITE_BACK;
    }

    long[] state() {
        return registers.clone();
    }

    void restore(long[] state) {
        System.arraycopy(state, 0, registers, 0, registers.length);
    }

    static boolean has(int msr) {
        return msr == MSR_CAPABILITIES || index(msr) >= 0;
    }

    long read(int msr) {
        return msr == MSR_CAPABILITIES ? PAIRS | FIXED_SUPPORTED | WRITE_COMBINING_SUPPORTED : registers[index(msr)];
    }

    /** Writes a register. Returns false, and changes nothing, for what raises #GP. */
    boolean write(int msr, long value) {
        boolean allowed = switch (msr) {
            case MSR_CAPABILITIES -> false;
            case MSR_DEFAULT_TYPE -> (value & ~(ENABLED | FIXED_ENABLED | 0xff)) == 0 && isType(value);
            default -> msr < MSR_FIXED[0] ? isVariable(msr, value) : areTypes(value);
        };
        if (allowed) {
            registers[index(msr)] = value;
        }
        return allowed;
    }

    private static boolean isVariable(int msr, long value) {
        return (msr & 1) == 0 ? (value & ~(ADDRESS | 0xff)) == 0 && isType(value) : (value & ~(ADDRESS | VALID)) == 0;
    }

    private static boolean areTypes(long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            if (!isType(value >>> Byte.SIZE * i)) {
                return false;
            }
        }
        return true;
    }

    /** UC, WC, WT, WP, WB: table 12-8. */
    private static boolean isType(long value) {
        int type = (int) value & 0xff;
        return type <= WRITE_BACK && type != 2 && type != 3;
    }

    /** Negative for what is no such register. */
    private static int index(int msr) {
        if (msr >= MSR_VARIABLE && msr < MSR_VARIABLE + 2 * PAIRS) {
            return msr - MSR_VARIABLE;
        }
        if (msr == MSR_DEFAULT_TYPE) {
            return 2 * PAIRS + MSR_FIXED.length;
        }
        int fixed = Arrays.binarySearch(MSR_FIXED, msr);
        return fixed < 0 ? -1 : 2 * PAIRS + fixed;
    }
}
