package trapframe.boot;

import java.util.List;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.firmware.MemoryMap;
import trapframe.firmware.MemoryMap.Region;
import trapframe.memory.GuestMemory;

/**
 * A Multiboot image (Multiboot Specification 0.6.96): an ELF file of either class, or a flat file whose header gives
 * its addresses. The kernel is entered in 32-bit protected mode with the magic in EAX and the information structure's
 * address in EBX.
 *
 * <p>The kernel's command line starts with the image's name, a module's string with the module's, both without
 * folders. Modules lie at page boundaries above 1 MiB, behind the kernel while there is
 * room. A request for a video mode
 * is accepted and no video information given, because the machine has no display; there is neither boot device nor
 * symbol table.
 */
public final class MultibootImage implements BootImage {
    static final int LOADER_MAGIC = 0x2bad_b002;
    private static final String LOADER_NAME = "Trapframe";

    private static final int KNOWN_FLAGS = MultibootHeader.FLAG_PAGE_ALIGN | MultibootHeader.FLAG_MEMORY_INFO
            | MultibootHeader.FLAG_VIDEO_MODE;

    /** The information structure (section 3.3), up to and with the framebuffer fields, which stay zero. */
    private static final int INFO_SIZE = 116;
    private static final int MEM_LOWER = 4;
    private static final int MEM_UPPER = 8;
    private static final int CMDLINE = 16;
    private static final int MODS_COUNT = 20;
    private static final int MODS_ADDR = 24;
    private static final int MMAP_LENGTH = 44;
    private static final int MMAP_ADDR = 48;
    private static final int BOOT_LOADER_NAME = 64;

    private static final int INFO_MEMORY = 1;
    private static final int INFO_CMDLINE = 1 << 2;
    private static final int INFO_MODS = 1 << 3;
    private static final int INFO_MEM_MAP = 1 << 6;
    private static final int INFO_BOOT_LOADER_NAME = 1 << 9;

    /** Start, end, string, reserved. */
    private static final int MODULE_SIZE = 16;
    /** The size of the rest, then address, length, type. */
    private static final int MMAP_ENTRY_SIZE = 24;

    /** The kernel's place and entry, wherever they are described. */
    private sealed interface Body {
        long entry();
    }

    private record ElfBody(ElfImage elf, long entry) implements Body {
    }

    /** A flat file: bytes from {@code offset} go to {@code address}, zeros follow up to {@code size}. */
    private record FlatBody(long offset, long fileSize, long address, long size, long entry) implements Body {
    }

    private final ImageFile file;
    private final Body body;

    private MultibootImage(ImageFile file, Body body) {
        this.file = file;
        this.body = body;
    }

    /** @param elf the file's ELF headers, or null if it is none */
    static MultibootImage of(ImageFile file, MultibootHeader header, ElfImage elf) {
        int unknown = header.flags() & MultibootHeader.FLAGS_REQUIRED & ~KNOWN_FLAGS;
        if (unknown != 0) {
            throw file.bad("has a Multiboot header that requires unknown features (flags " + Hex.of(unknown) + ")");
        }
        if (header.addresses() != null) {
            return new MultibootImage(file, flatBody(file, header));
        }
        if (elf == null) {
            throw file.bad("has a Multiboot header without load addresses (flag bit 16) and is not an ELF file");
        }
        long entry = elf.physicalEntry();
        if (entry >= 1L << 32) {
            throw file.bad("has its entry at " + Hex.of(entry) + ", above the 4 GiB that Multiboot reaches");
        }
        return new MultibootImage(file, new ElfBody(elf, entry));
    }

    private static FlatBody flatBody(ImageFile file, MultibootHeader header) {
        MultibootHeader.Addresses at = header.addresses();
        long offset = header.offset() - (at.header() - at.load());
        if (at.header() < at.load() || offset < 0) {
            throw file.bad("has a Multiboot header at offset " + Hex.of(header.offset()) + " whose header_addr "
                    + Hex.of(at.header()) + " does not agree with its load_addr " + Hex.of(at.load()));
        }
        if (at.loadEnd() != 0 && at.loadEnd() < at.load()) {
            throw file.bad("has a Multiboot header with load_end_addr " + Hex.of(at.loadEnd()) + " below load_addr "
                    + Hex.of(at.load()));
        }
        long fileSize = at.loadEnd() == 0 ? file.length() - offset : at.loadEnd() - at.load();
        file.require("the kernel described by the Multiboot header", offset, fileSize);
        long end = at.load() + fileSize;
        if (at.bssEnd() != 0 && at.bssEnd() < end) {
            throw file.bad("has a Multiboot header with bss_end_addr " + Hex.of(at.bssEnd())
                    + " below the end of what is loaded, " + Hex.of(end));
        }
        long size = at.bssEnd() == 0 ? fileSize : at.bssEnd() - at.load();
        if (at.entry() < at.load() || at.entry() - at.load() >= size) {
            throw file.bad("has a Multiboot header with entry_addr " + Hex.of(at.entry()) + " outside of the kernel ("
                    + Hex.range(at.load(), size) + ")");
        }
        return new FlatBody(offset, fileSize, at.load(), size, at.entry());
    }

    @Override
    public ImageFile file() {
        return file;
    }

    @Override
    public String protocol() {
        return "Multiboot";
    }

    @Override
    public EntryState load(GuestMemory ram, Firmware firmware, BootParameters parameters) {
        MemoryMap map = firmware.memoryMap();
        List<BootModule> modules = parameters.modules();
        String arguments = parameters.commandLine();
        byte[] commandLine = BootParameters.cString(file,
                arguments.isEmpty() ? file.baseName() : file.baseName() + " " + arguments);
        byte[] loaderName = BootParameters.cString(file, LOADER_NAME);

        MemoryPlan plan = new MemoryPlan(file, firmware);
        switch (body) {
            case ElfBody elf -> elf.elf().plan(plan);
            case FlatBody flat -> plan.claim("the kernel", flat.address(), flat.size());
        }
        long kernelEnd = plan.end();
        long gdt = FlatGdt.plan(plan);
        long info = plan.allocate("the Multiboot information", INFO_SIZE, 8);
        long mmap = plan.allocate("the memory map", (long) MMAP_ENTRY_SIZE * map.regions().size(), 8);
        long mods = modules.isEmpty() ? 0
                : plan.allocate("the module list", (long) MODULE_SIZE * modules.size(), 8);
        long commandLineAt = plan.allocate("the command line", commandLine.length, 1);
        long loaderNameAt = plan.allocate("the boot loader's name", loaderName.length, 1);
        List<PlacedModule> placed = PlacedModule.place(modules, file, PlacedModule::nameAndArguments, plan,
                module -> plan.lowestBehind("module " + module.file().name(), module.file().length(),
                        GuestMemory.PAGE_SIZE, kernelEnd, MemoryMap.EXTENDED_START));

        switch (body) {
            case ElfBody elf -> elf.elf().load(ram);
            case FlatBody flat -> load(ram, flat);
        }
        FlatGdt.write32(ram, gdt);
        ram.fill(info, INFO_SIZE, 0);
        ram.putInt(info, INFO_MEMORY | INFO_CMDLINE | INFO_MODS | INFO_MEM_MAP | INFO_BOOT_LOADER_NAME);
        ram.putInt(info + MEM_LOWER, map.lowerKib());
        ram.putInt(info + MEM_UPPER, map.upperKib());
        ram.putInt(info + CMDLINE, (int) commandLineAt);
        ram.putInt(info + MODS_COUNT, modules.size());
        ram.putInt(info + MODS_ADDR, (int) mods);
        ram.putInt(info + MMAP_LENGTH, MMAP_ENTRY_SIZE * map.regions().size());
        ram.putInt(info + MMAP_ADDR, (int) mmap);
        ram.putInt(info + BOOT_LOADER_NAME, (int) loaderNameAt);
        ram.write(commandLineAt, commandLine);
        ram.write(loaderNameAt, loaderName);
        writeMemoryMap(ram, mmap, map);
        writeModules(ram, mods, placed);
        return new EntryState(EntryState.Mode.PROTECTED, body.entry(), 0, LOADER_MAGIC, info, 0, 0,
                gdt, FlatGdt.LIMIT, FlatGdt.BOOT_CS, FlatGdt.BOOT_DS);
    }

    private void load(GuestMemory ram, FlatBody flat) {
        file.copyTo(ram, flat.address(), flat.offset(), flat.fileSize());
        if (flat.size() > flat.fileSize()) {
            ram.fill(flat.address() + flat.fileSize(), flat.size() - flat.fileSize(), 0);
        }
    }

    private static void writeMemoryMap(GuestMemory ram, long at, MemoryMap map) {
        for (Region region : map.regions()) {
            ram.putInt(at, MMAP_ENTRY_SIZE - 4);
            ram.putLong(at + 4, region.start());
            ram.putLong(at + 12, region.length());
            ram.putInt(at + 20, region.type().number());
            at += MMAP_ENTRY_SIZE;
        }
    }

    private static void writeModules(GuestMemory ram, long at, List<PlacedModule> modules) {
        for (PlacedModule module : modules) {
            module.write(ram);
            ram.putInt(at, (int) module.address());
            ram.putInt(at + 4, (int) (module.address() + module.length()));
            ram.putInt(at + 8, (int) module.textAddress());
            ram.putInt(at + 12, 0);
            at += MODULE_SIZE;
        }
    }
}
