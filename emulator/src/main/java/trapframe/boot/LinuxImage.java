package trapframe.boot;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.firmware.MemoryMap;
import trapframe.memory.GuestMemory;

/**
 * A bzImage, booted as Documentation/arch/x86/boot.rst of Linux says: by the 64-bit entry where the kernel has one
 * (protocol 2.12 and {@code XLF_KERNEL_64}), else by the 32-bit entry. The setup code in real mode is never run, so its
 * heap and its hooks are not set up; {@code screen_info} has no text screen.
 */
public final class LinuxImage implements BootImage {
    private static final int BOOT_FLAG_MAGIC = 0xaa55;
    private static final String HEADER_MAGIC = "HdrS";
    private static final int SECTOR = 512;
    private static final int DEFAULT_SETUP_SECTS = 4;
    /** Offset of the 64-bit entry in the protected-mode code. */
    private static final int ENTRY_64 = 0x200;

    private static final int XLF_KERNEL_64 = 1;
    private static final int LOADED_HIGH = 1;
    private static final int QUIET_FLAG = 1 << 5;
    private static final int KEEP_SEGMENTS = 1 << 6;
    private static final int CAN_USE_HEAP = 1 << 7;

    private static final int PROTOCOL_2_00 = 0x200;
    private static final int PROTOCOL_2_02 = 0x202;
    private static final int PROTOCOL_2_03 = 0x203;
    private static final int PROTOCOL_2_04 = 0x204;
    private static final int PROTOCOL_2_05 = 0x205;
    private static final int PROTOCOL_2_06 = 0x206;
    private static final int PROTOCOL_2_10 = 0x20a;
    private static final int PROTOCOL_2_12 = 0x20c;
    /** The limits of kernels whose header does not say. */
    private static final int OLD_CMDLINE_SIZE = 255;
    private static final long OLD_INITRD_ADDR_MAX = 0x37ff_ffffL;

    private final ImageFile file;
    private final SetupHeader header;

    private LinuxImage(ImageFile file, SetupHeader header) {
        this.file = file;
        this.header = header;
    }

    /**
     * What the setup header says, with the protocol's defaults for what is newer than the kernel.
     *
     * @param end         offset in the file of its first byte after the header
     * @param codeOffset  of the protected-mode code in the file
     * @param version     of the protocol, major in bits 8-15
     * @param relocatable whether the kernel runs where it is loaded
     * @param alignment   of the load address, a power of two
     * @param prefAddress where it wants to be loaded, or 0
     * @param initSize    bytes that it needs from where it runs, or 0
     */
    private record SetupHeader(int end, long codeOffset, int version, int loadFlags, boolean relocatable, long alignment,
                               long prefAddress, long initSize, boolean has64BitEntry, long commandLineSize,
                               long initrdAddressMax) {
    }

    static boolean isLinux(ImageFile file) {
        return file.contains(BootParams.BOOT_FLAG, 2) && file.u16(BootParams.BOOT_FLAG) == BOOT_FLAG_MAGIC
                && file.has(BootParams.HEADER, HEADER_MAGIC);
    }

    static LinuxImage parse(ImageFile file) {
        int version = file.u16(BootParams.VERSION);
        int loadFlags = file.u8(BootParams.LOADFLAGS);
        if (version < PROTOCOL_2_00 || (loadFlags & LOADED_HIGH) == 0) {
            throw file.bad("is a Linux zImage, which is loaded below 640 KiB: only bzImage kernels are supported");
        }
        int sectors = file.u8(BootParams.SETUP_SECTS);
        long codeOffset = (long) SECTOR * (1 + (sectors == 0 ? DEFAULT_SETUP_SECTS : sectors));
        int end = BootParams.HEADER + file.u8(BootParams.JUMP + 1);
        file.require("the setup header", BootParams.SETUP_SECTS,
                Math.max(end, BootParams.HEADER_MAX) - BootParams.SETUP_SECTS);
        if (end > BootParams.HEADER_MAX) {
            throw file.bad("is damaged: its setup header ends at " + Hex.of(end) + ", past the most, "
                    + Hex.of(BootParams.HEADER_MAX));
        }
        // The header counts the code in paragraphs of 16 bytes, and images exist that end inside the last one.
        long codeSize = version >= PROTOCOL_2_04 ? Math.max(1, file.u32(BootParams.SYSSIZE) * 16 - 15) : 1;
        if (codeOffset + codeSize > file.length()) {
            throw file.bad("is truncated: a Linux bzImage of " + (codeOffset + codeSize) + " bytes or more, the file has "
                    + file.length());
        }
        boolean has64BitEntry = version >= PROTOCOL_2_12 && (file.u16(BootParams.XLOADFLAGS) & XLF_KERNEL_64) != 0;
        if (has64BitEntry && file.length() - codeOffset <= ENTRY_64) {
            throw file.bad("is truncated: a Linux bzImage without the code of its 64-bit entry");
        }
        long alignment = version >= PROTOCOL_2_05 ? file.u32(BootParams.KERNEL_ALIGNMENT) : 1;
        boolean relocatable = version >= PROTOCOL_2_05 && file.u8(BootParams.RELOCATABLE_KERNEL) != 0;
        if (relocatable && Long.bitCount(alignment) != 1) {
            throw file.bad("is damaged: its kernel_alignment " + Hex.of(alignment) + " is not a power of two");
        }
        long prefAddress = version >= PROTOCOL_2_10 ? file.u64(BootParams.PREF_ADDRESS) : 0;
        if (prefAddress < 0 || prefAddress > GuestMemory.MAX_SIZE) {
            throw file.bad("wants to be loaded at " + Hex.of(prefAddress) + ", where no machine has RAM");
        }
        return new LinuxImage(file, new SetupHeader(end, codeOffset, version, loadFlags, relocatable, alignment, prefAddress,
                version >= PROTOCOL_2_10 ? file.u32(BootParams.INIT_SIZE) : 0,
                has64BitEntry,
                version >= PROTOCOL_2_06 ? file.u32(BootParams.CMDLINE_SIZE) : OLD_CMDLINE_SIZE,
                version >= PROTOCOL_2_03 ? file.u32(BootParams.INITRD_ADDR_MAX) : OLD_INITRD_ADDR_MAX));
    }

    @Override
    public ImageFile file() {
        return file;
    }

    @Override
    public String protocol() {
        return "Linux " + (header.has64BitEntry() ? "64" : "32") + "-bit boot protocol " + (header.version() >> 8) + "."
                + (header.version() & 0xff) / 10 + (header.version() & 0xff) % 10;
    }

    @Override
    public EntryState load(GuestMemory ram, Firmware firmware, BootParameters parameters) {
        MemoryPlan plan = new MemoryPlan(file, firmware);
        long kernel = placeKernel(plan);
        LinuxHandover handover = new LinuxHandover(file, plan, firmware, parameters, header.has64BitEntry(),
                header.commandLineSize(), header.initrdAddressMax());
        file.copyTo(ram, kernel, header.codeOffset(), codeLength());
        handover.write(ram, () -> writeSetupHeader(ram, handover, kernel));
        return handover.enter(header.has64BitEntry() ? kernel + ENTRY_64 : kernel);
    }

    private long codeLength() {
        return file.length() - header.codeOffset();
    }

    /**
     * Takes the memory that the kernel fills until it reads the memory map, and says where its code is loaded. A
     * relocatable kernel is never placed below its preferred address: the decompressor would move it there.
     */
    private long placeKernel(MemoryPlan plan) {
        if (header.relocatable()) {
            return plan.lowest("the kernel and its init_size", Math.max(codeLength(), header.initSize()),
                    header.alignment(), Math.max(MemoryMap.EXTENDED_START, header.prefAddress()), Long.MAX_VALUE);
        }
        long start = MemoryMap.EXTENDED_START;
        long runEnd = header.prefAddress() + header.initSize();
        plan.claim("the kernel", start, Math.max(codeLength(), runEnd - start));
        return start;
    }

    private void writeSetupHeader(GuestMemory ram, LinuxHandover handover, long kernel) {
        long at = handover.bootParams();
        file.copyTo(ram, at + BootParams.SETUP_SECTS, BootParams.SETUP_SECTS, header.end() - BootParams.SETUP_SECTS);
        // The heap belongs to the setup code, which does not run.
        ram.putByte(at + BootParams.LOADFLAGS, header.loadFlags() & ~(CAN_USE_HEAP | KEEP_SEGMENTS | QUIET_FLAG));
        if (header.relocatable()) {
            ram.putInt(at + BootParams.CODE32_START, (int) kernel);
        }
        if (header.version() >= PROTOCOL_2_02) {
            ram.putInt(at + BootParams.CMD_LINE_PTR, (int) handover.commandLine());
        } else {
            ram.putShort(at + BootParams.CL_MAGIC, BootParams.CL_MAGIC_VALUE);
            ram.putShort(at + BootParams.CL_OFFSET, (int) (handover.commandLine() - at));
        }
    }
}
