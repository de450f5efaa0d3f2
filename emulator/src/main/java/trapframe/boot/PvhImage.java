package trapframe.boot;

import java.util.List;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.firmware.MemoryMap;
import trapframe.firmware.MemoryMap.Region;
import trapframe.memory.GuestMemory;

/**
 * An ELF kernel with a PVH entry: Xen's x86/HVM direct boot ABI (docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h), as QEMU uses it too. The kernel is entered in 32-bit protected mode without
 * paging, with the physical address of {@code struct hvm_start_info} in EBX.
 *
 * <p>Modules are placed as high as RAM goes, page by page aligned.
 */
public final class PvhImage implements BootImage {
    /** {@code XEN_HVM_START_MAGIC_VALUE}: "xEn3" with the top bit of the E set. */
    static final int START_MAGIC = 0x336e_c578;
    static final int START_INFO_VERSION = 1;

    /** {@code struct hvm_start_info}. */
    private static final int START_INFO_SIZE = 56;
    private static final int NR_MODULES = 12;
    private static final int MODLIST_PADDR = 16;
    private static final int CMDLINE_PADDR = 24;
    private static final int RSDP_PADDR = 32;
    private static final int MEMMAP_PADDR = 40;
    private static final int MEMMAP_ENTRIES = 48;

    /** {@code struct hvm_modlist_entry}: address, size, command line, reserved. */
    private static final int MODLIST_ENTRY_SIZE = 32;
    /** {@code struct hvm_memmap_table_entry}: address, size, type, reserved. */
    private static final int MEMMAP_ENTRY_SIZE = 24;

    private final ImageFile file;
    private final ElfImage elf;
    private final long entry;

    PvhImage(ImageFile file, ElfImage elf, long entry) {
        this.file = file;
        this.elf = elf;
        this.entry = entry;
    }

    @Override
    public ImageFile file() {
        return file;
    }

    @Override
    public String protocol() {
        return "PVH";
    }

    @Override
    public EntryState load(GuestMemory ram, Firmware firmware, BootParameters parameters) {
        MemoryMap map = firmware.memoryMap();
        List<BootModule> modules = parameters.modules();
        byte[] commandLine = BootParameters.cString(file, parameters.commandLine());

        MemoryPlan plan = new MemoryPlan(file, firmware);
        elf.plan(plan);
        long gdt = FlatGdt.plan(plan);
        long startInfo = plan.allocate("the PVH start info", START_INFO_SIZE, 8);
        long memmap = plan.allocate("the memory map", (long) MEMMAP_ENTRY_SIZE * map.regions().size(), 8);
        long modlist = modules.isEmpty() ? 0
                : plan.allocate("the module list", (long) MODLIST_ENTRY_SIZE * modules.size(), 8);
        long commandLineAt = plan.allocate("the command line", commandLine.length, 1);
        List<PlacedModule> placed = PlacedModule.place(modules, file, PlacedModule::argumentsOrNothing, plan,
                module -> plan.highest("module " + module.file().name(), module.file().length(),
                        GuestMemory.PAGE_SIZE, MemoryMap.EXTENDED_START, Long.MAX_VALUE));

        elf.load(ram);
        FlatGdt.write32(ram, gdt);
        ram.fill(startInfo, START_INFO_SIZE, 0);
        ram.putInt(startInfo, START_MAGIC);
        ram.putInt(startInfo + 4, START_INFO_VERSION);
        ram.putInt(startInfo + NR_MODULES, modules.size());
        ram.putLong(startInfo + MODLIST_PADDR, modlist);
        ram.putLong(startInfo + CMDLINE_PADDR, commandLineAt);
        ram.putLong(startInfo + RSDP_PADDR, firmware.rootPointer());
        ram.putLong(startInfo + MEMMAP_PADDR, memmap);
        ram.putInt(startInfo + MEMMAP_ENTRIES, map.regions().size());
        ram.write(commandLineAt, commandLine);
        writeMemoryMap(ram, memmap, map);
        writeModules(ram, modlist, placed);
        return new EntryState(EntryState.Mode.PROTECTED, entry, 0, 0, startInfo, 0, 0,
                gdt, FlatGdt.LIMIT, FlatGdt.BOOT_CS, FlatGdt.BOOT_DS);
    }

    private static void writeMemoryMap(GuestMemory ram, long at, MemoryMap map) {
        for (Region region : map.regions()) {
            ram.putLong(at, region.start());
            ram.putLong(at + 8, region.length());
            ram.putInt(at + 16, region.type().number());
            ram.putInt(at + 20, 0);
            at += MEMMAP_ENTRY_SIZE;
        }
    }

    private static void writeModules(GuestMemory ram, long at, List<PlacedModule> modules) {
        for (PlacedModule module : modules) {
            module.write(ram);
            ram.putLong(at, module.address());
            ram.putLong(at + 8, module.length());
            ram.putLong(at + 16, module.textAddress());
            ram.putLong(at + 24, 0);
            at += MODLIST_ENTRY_SIZE;
        }
    }
}
