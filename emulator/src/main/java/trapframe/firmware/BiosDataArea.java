package trapframe.firmware;

import trapframe.memory.GuestMemory;

/**
 * The words of the BIOS data area that kernels read without a BIOS being called: where the extended BIOS data area is,
 * how much base memory there is, and what is fitted (Phoenix, "System BIOS for IBM PCs, Compatibles, and EISA
 * Computers", chapter 3).
 */
final class BiosDataArea {
    static final int COM1_BASE = 0x400;
    static final int EBDA_SEGMENT = 0x40e;
    static final int EQUIPMENT = 0x410;
    static final int BASE_MEMORY_KIB = 0x413;

    private static final int COM1_PORT = 0x3f8;
    private static final int EQUIPMENT_X87 = 1 << 1;
    private static final int EQUIPMENT_ONE_SERIAL_PORT = 1 << 9;

    private BiosDataArea() { }

    static void write(GuestMemory ram, MemoryMap map) {
        ram.putShort(COM1_BASE, COM1_PORT);
        ram.putShort(EBDA_SEGMENT, (int) (MemoryMap.EBDA_START >> 4));
        ram.putShort(EQUIPMENT, EQUIPMENT_X87 | EQUIPMENT_ONE_SERIAL_PORT);
        ram.putShort(BASE_MEMORY_KIB, map.lowerKib());
        // The extended area begins with its own size in KiB.
        ram.putByte(MemoryMap.EBDA_START, (int) (MemoryMap.EBDA_END - MemoryMap.EBDA_START >> 10));
    }
}
