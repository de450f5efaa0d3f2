package trapframe.boot;

/**
 * Offsets in Linux's {@code struct boot_params}, the "zero page" (Documentation/arch/x86/zero-page.rst). The setup
 * header lies in it at the offset that it has in the file.
 */
final class BootParams {
    static final int SIZE = 4096;

    /** In {@code screen_info}: KiB of memory from 1 MiB on, at most 64 MiB, as INT 15h, AH=88h gives them. */
    static final int EXT_MEM_K = 0x002;
    /** In {@code screen_info}: the command line of protocol 2.01 and before, as an offset from the zero page. */
    static final int CL_MAGIC = 0x020;
    static final int CL_MAGIC_VALUE = 0xa33f;
    static final int CL_OFFSET = 0x022;
    static final int ACPI_RSDP_ADDR = 0x070;
    static final int ALT_MEM_K = 0x1e0;
    static final int E820_ENTRIES = 0x1e8;
    static final int E820_TABLE = 0x2d0;
    static final int E820_ENTRY_SIZE = 20;

    /** The setup header, from here to at most {@link #HEADER_MAX}. */
    static final int SETUP_SECTS = 0x1f1;
    static final int SYSSIZE = 0x1f4;
    static final int VID_MODE = 0x1fa;
    static final int VID_MODE_NORMAL = 0xffff;
    static final int BOOT_FLAG = 0x1fe;
    /** A short jump over the header: the byte after the opcode gives the header's end. */
    static final int JUMP = 0x200;
    static final int HEADER = 0x202;
    static final int VERSION = 0x206;
    static final int TYPE_OF_LOADER = 0x210;
    static final int LOADER_UNDEFINED = 0xff;
    static final int LOADFLAGS = 0x211;
    static final int CODE32_START = 0x214;
    static final int RAMDISK_IMAGE = 0x218;
    static final int RAMDISK_SIZE = 0x21c;
    static final int CMD_LINE_PTR = 0x228;
    static final int INITRD_ADDR_MAX = 0x22c;
    static final int KERNEL_ALIGNMENT = 0x230;
    static final int RELOCATABLE_KERNEL = 0x234;
    static final int XLOADFLAGS = 0x236;
    static final int CMDLINE_SIZE = 0x238;
    static final int PREF_ADDRESS = 0x258;
    static final int INIT_SIZE = 0x260;
    /** Where {@code edd_mbr_sig_buffer} starts, which the header may not reach into. */
    static final int HEADER_MAX = 0x290;

    private BootParams() { }
}
