package trapframe.boot;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.memory.GuestMemory;

/**
 * The ELF file {@code vmlinux}, which a Linux build makes before it compresses it into a bzImage. It is entered as
 * Documentation/arch/x86/boot.rst says of the 64-bit and the 32-bit entry, by the class of the file, at the ELF entry. There is no
 * setup header in the file, so that the kernel gets one with what a loader fills in, as if it were of protocol 2.12.
 *
 * <p>A kernel with a PVH note is a {@link PvhImage} instead.
 */
public final class VmlinuxImage implements BootImage {
    private static final String BANNER = "Linux version ";
    private static final int BOOT_FLAG_MAGIC = 0xaa55;
    /** "HdrS". */
    private static final int HEADER_MAGIC = 0x5372_6448;
    private static final int PROTOCOL_2_12 = 0x20c;
    private static final int LOADED_HIGH = 1;
    /** COMMAND_LINE_SIZE less the ending zero. */
    private static final int COMMAND_LINE_SIZE = 2047;
    private static final long INITRD_ADDRESS_MAX_64 = 0x7fff_ffffL;
    private static final long INITRD_ADDRESS_MAX_32 = 0x37ff_ffffL;
    private static final int KERNEL_ALIGNMENT = 0x100_0000;

    private final ImageFile file;
    private final ElfImage elf;
    private final long entry;

    private VmlinuxImage(ImageFile file, ElfImage elf) {
        this.file = file;
        this.elf = elf;
        entry = elf.physicalEntry();
    }

    /** Whether an ELF file is a Linux kernel: it can say its version. */
    static boolean isLinux(ElfImage elf) {
        return elf.loads(BANNER);
    }

    static VmlinuxImage of(ImageFile file, ElfImage elf) {
        return new VmlinuxImage(file, elf);
    }

    @Override
    public ImageFile file() {
        return file;
    }

    @Override
    public String protocol() {
        return "Linux " + (elf.is64() ? "64" : "32") + "-bit boot protocol of vmlinux";
    }

    @Override
    public EntryState load(GuestMemory ram, Firmware firmware, BootParameters parameters) {
        MemoryPlan plan = new MemoryPlan(file, firmware);
        elf.plan(plan);
        LinuxHandover handover = new LinuxHandover(file, plan, firmware, parameters, elf.is64(), COMMAND_LINE_SIZE,
                elf.is64() ? INITRD_ADDRESS_MAX_64 : INITRD_ADDRESS_MAX_32);
        elf.load(ram);
        handover.write(ram, () -> writeSetupHeader(ram, handover));
        return handover.enter(entry);
    }

    private static void writeSetupHeader(GuestMemory ram, LinuxHandover handover) {
        long at = handover.bootParams();
        ram.putShort(at + BootParams.BOOT_FLAG, BOOT_FLAG_MAGIC);
        ram.putInt(at + BootParams.HEADER, HEADER_MAGIC);
        ram.putShort(at + BootParams.VERSION, PROTOCOL_2_12);
        ram.putByte(at + BootParams.LOADFLAGS, LOADED_HIGH);
        ram.putInt(at + BootParams.CMD_LINE_PTR, (int) handover.commandLine());
        ram.putInt(at + BootParams.CMDLINE_SIZE, COMMAND_LINE_SIZE);
        ram.putInt(at + BootParams.KERNEL_ALIGNMENT, KERNEL_ALIGNMENT);
    }
}
