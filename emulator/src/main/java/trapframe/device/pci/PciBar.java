package trapframe.device.pci;

import trapframe.bus.MmioDevice;
import trapframe.bus.PortDevice;

/** One base address register: a range of ports or memory that a function answers where the guest puts it (PCI 3.0, 6.2.5.1). */
public sealed interface PciBar {
    /** 0 to 5: the register at 0x10 + 4 * index. */
    int index();

    /** Bytes, a power of two. The range starts at a multiple of it. */
    long size();

    /** The read-only bits below the address. */
    int flags();

    /** @param size 4 to 256 */
    record Io(int index, long size, PortDevice device) implements PciBar {
        private static final int IO_SPACE = 1;

        public Io {
            checkSize(size, 4, 256);
        }

        @Override
        public int flags() {
            return IO_SPACE;
        }
    }

    /**
     * @param wide         whether the address has 64 bits; it then takes the next register too
     * @param prefetchable whether reads have no side effects
     * @param size         16 to 2 GiB
     */
    record Memory(int index, long size, boolean wide, boolean prefetchable, MmioDevice device) implements PciBar {
        private static final int TYPE_64_BITS = 4;
        private static final int PREFETCHABLE = 8;

        public Memory {
            checkSize(size, 16, 1L << 31);
        }

        @Override
        public int flags() {
            return (wide ? TYPE_64_BITS : 0) | (prefetchable ? PREFETCHABLE : 0);
        }
    }

    private static void checkSize(long size, long least, long most) {
        if (size < least || size > most || Long.bitCount(size) != 1) {
            throw new IllegalArgumentException("a base address register cannot stand for " + size + " bytes");
        }
    }
}
