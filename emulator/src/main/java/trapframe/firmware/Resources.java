package trapframe.firmware;

/** Builds a resource template: what a device takes of ports, memory and interrupts (ACPI 6.5, section 6.4). */
final class Resources {
    private static final int IRQ_NO_FLAGS = 0x22;
    private static final int IO_PORTS = 0x47;
    private static final int END_TAG = 0x79;
    private static final int MEMORY_32_FIXED = 0x86;
    private static final int DWORD_ADDRESS_SPACE = 0x87;
    private static final int WORD_ADDRESS_SPACE = 0x88;
    private static final int EXTENDED_INTERRUPT = 0x89;
    private static final int QWORD_ADDRESS_SPACE = 0x8a;

    private static final int DECODES_16_BITS = 1;
    private static final int WRITABLE = 1;
    private static final int CONSUMER = 1;

    private static final int SPACE_MEMORY = 0;
    private static final int SPACE_IO = 1;
    private static final int SPACE_BUS = 2;
    /** The first and the last address are fixed. */
    private static final int FIXED = 0x0c;
    private static final int ENTIRE_RANGE = 3;

    private final TableBytes bytes = new TableBytes();

    /** Ports from the first on. */
    Resources ports(int first, int count) {
        bytes.u8(IO_PORTS, DECODES_16_BITS).u16(first).u16(first).u8(1, count);
        return this;
    }

    /** An ISA interrupt: an edge, active high. */
    Resources irq(int number) {
        bytes.u8(IRQ_NO_FLAGS).u16(1 << number);
        return this;
    }

    /** A level-triggered, active-high interrupt by its number among all, which is an I/O APIC's pin. */
    Resources interrupt(int number) {
        bytes.u8(EXTENDED_INTERRUPT).u16(6).u8(CONSUMER, 1).u32(number);
        return this;
    }

    /** Registers below 4 GiB. */
    Resources memory(long address, long length) {
        bytes.u8(MEMORY_32_FIXED).u16(9).u8(WRITABLE).u32(address).u32(length);
        return this;
    }

    /** The numbers of the buses behind a bridge. */
    Resources buses(int first, int last) {
        return window(WORD_ADDRESS_SPACE, SPACE_BUS, 0, first, last, Short.BYTES);
    }

    /** Ports that a bridge passes on to its bus. */
    Resources portWindow(int first, int last) {
        return window(WORD_ADDRESS_SPACE, SPACE_IO, ENTIRE_RANGE, first, last, Short.BYTES);
    }

    /** Memory below 4 GiB that a bridge passes on to its bus. */
    Resources memoryWindow(long first, long last) {
        return window(DWORD_ADDRESS_SPACE, SPACE_MEMORY, WRITABLE, first, last, Integer.BYTES);
    }

    /** Memory above 4 GiB that a bridge passes on to its bus. */
    Resources highMemoryWindow(long first, long last) {
        return window(QWORD_ADDRESS_SPACE, SPACE_MEMORY, WRITABLE, first, last, Long.BYTES);
    }

    private Resources window(int tag, int space, int flags, long first, long last, int width) {
        bytes.u8(tag).u16(3 + 5 * width).u8(space, FIXED, flags).number(0, width).number(first, width).number(last, width)
                .number(0, width).number(last - first + 1, width);
        return this;
    }

    /** The template as a value for {@code _CRS}. */
    byte[] build() {
        bytes.u8(END_TAG, 0);
        return Aml.buffer(bytes.build());
    }
}
