package trapframe.tools;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Kernels of a few instructions, as ELF files with a PVH note: 32-bit code, entered at 1 MiB. */
final class TinyKernel {
    /** {@code jmp $} */
    static final String SPIN = "ebfe";
    /** {@code xor ecx, ecx; dec ecx; jnz back; jmp $} */
    static final String COUNT = "31c9 49 75fd ebfe";
    /** {@code cli; hlt; jmp $-1} */
    static final String HALT = "fa f4 ebfd";
    /** {@code ud2}, with no table to find a handler in */
    static final String UD2 = "0f0b";
    /** {@code mov dx, COM1; mov al, newline; out dx, al; jmp back} */
    static final String PRINT_NEW_LINES = "66baf803 b00a ee ebfd";
    /** Waits for LSR.DR at COM1 and sends back what it received, for ever. */
    static final String ECHO = "66bafd03 ec a801 74fb 66baf803 ec ee ebef";

    private static final int ENTRY = 0x10_0000;
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int NOTE = HEADER + 2 * PROGRAM_HEADER;
    private static final int NOTE_SIZE = 20;
    private static final int CODE = NOTE + NOTE_SIZE;
    /** {@code XEN_ELFNOTE_PHYS32_ENTRY} of Xen's elfnote.h. */
    private static final int PHYS32_ENTRY = 18;

    private TinyKernel() {
    }

    /** {@code mov al, value; out 0xf4, al; jmp $} */
    static String exit(int value) {
        return HexFormat.of().toHexDigits((byte) 0xb0) + HexFormat.of().toHexDigits((byte) value) + "e6f4" + SPIN;
    }

    static String write(Path folder, String code) throws IOException {
        byte[] instructions = HexFormat.of().parseHex(code.replace(" ", ""));
        ByteBuffer elf = ByteBuffer.allocate(CODE + instructions.length).order(ByteOrder.LITTLE_ENDIAN);
        // e_ident, ET_EXEC, EM_X86_64, EV_CURRENT, e_entry, e_phoff, e_shoff, e_flags, sizes and counts
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 62).putInt(1).putLong(ENTRY).putLong(HEADER).putLong(0).putInt(0);
        elf.putShort((short) HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 2);
        elf.position(HEADER);
        programHeader(elf, 1, 5, CODE, ENTRY, instructions.length);
        programHeader(elf, 4, 4, NOTE, 0, NOTE_SIZE);
        elf.putInt(4).putInt(4).putInt(PHYS32_ENTRY).put("Xen\0".getBytes(StandardCharsets.US_ASCII)).putInt(ENTRY);
        elf.put(instructions);
        return Files.write(folder.resolve("kernel.elf"), elf.array()).toString();
    }

    private static void programHeader(ByteBuffer elf, int type, int flags, int offset, int address, int size) {
        elf.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address).putLong(size).putLong(size)
                .putLong(1);
    }
}
