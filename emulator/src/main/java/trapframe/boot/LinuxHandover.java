package trapframe.boot;

import java.util.List;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.firmware.MemoryMap;
import trapframe.firmware.MemoryMap.Region;
import trapframe.memory.GuestMemory;

/**
 * What a Linux kernel is handed over with, whatever kind of image it came from: boot parameters, command line, initrd,
 * descriptors, and for a 64-bit entry page tables that map the first 4 GiB to themselves (Documentation/arch/x86/boot.rst).
 * Made when the kernel has its place in the plan, and written when everything has.
 */
final class LinuxHandover {
    private final Firmware firmware;
    private final boolean is64;
    private final byte[] commandLine;
    private final ImageFile initrd;
    private final long gdt;
    private final long bootParams;
    private final long pageTables;
    private final long commandLineAt;
    private final long initrdAt;

    /**
     * @param is64             whether the kernel is entered in 64-bit mode
     * @param commandLineSize  the longest command line that the kernel takes, in bytes
     * @param initrdAddressMax the last address that the initrd may have
     */
    LinuxHandover(ImageFile file, MemoryPlan plan, Firmware firmware, BootParameters parameters, boolean is64,
            long commandLineSize, long initrdAddressMax) {
        this.firmware = firmware;
        this.is64 = is64;
        commandLine = commandLine(file, parameters, commandLineSize);
        initrd = initrd(file, parameters.modules());
        gdt = FlatGdt.plan(plan);
        bootParams = low(plan, "the boot parameters", BootParams.SIZE, GuestMemory.PAGE_SIZE);
        pageTables = is64 ? low(plan, "the page tables", IdentityMap.SIZE, GuestMemory.PAGE_SIZE) : 0;
        // Behind the boot parameters: protocol 2.01 gives it as an offset from them.
        commandLineAt = plan.lowest("the command line", commandLine.length, 1, bootParams + BootParams.SIZE,
                MemoryMap.EBDA_START);
        initrdAt = initrd == null ? 0 : plan.highest("the initrd " + initrd.name(), initrd.length(),
                GuestMemory.PAGE_SIZE, MemoryMap.EXTENDED_START, initrdAddressMax + 1);
    }

    private static byte[] commandLine(ImageFile file, BootParameters parameters, long most) {
        byte[] commandLine = BootParameters.cString(file, parameters.commandLine());
        if (commandLine.length - 1 > most) {
            throw file.bad("the command line has " + (commandLine.length - 1) + " bytes, this kernel takes " + most);
        }
        return commandLine;
    }

    private static ImageFile initrd(ImageFile file, List<BootModule> modules) {
        if (modules.size() > 1) {
            throw file.bad("Linux takes one initrd, not " + modules.size());
        }
        for (BootModule initrd : modules) {
            if (!initrd.arguments().isEmpty()) {
                throw file.bad("Linux takes no arguments for its initrd: " + initrd.arguments());
            }
        }
        return modules.isEmpty() ? null : modules.getFirst().file();
    }

    /** The protocol wants the command line below 640 KiB; the other structures are kept with it. */
    private static long low(MemoryPlan plan, String what, long length, long alignment) {
        return plan.lowest(what, length, alignment, MemoryPlan.LOADER_START, MemoryMap.EBDA_START);
    }

    /** Where the boot parameters are. */
    long bootParams() {
        return bootParams;
    }

    /** Where the command line is. */
    long commandLine() {
        return commandLineAt;
    }

    /**
     * Writes it all.
     *
     * @param setupHeader writes the setup header into the boot parameters, but for what a loader says in it of the initrd,
     *                    the video mode and itself
     */
    void write(GuestMemory ram, Runnable setupHeader) {
        ram.write(commandLineAt, commandLine);
        if (initrd != null) {
            initrd.copyTo(ram, initrdAt, 0, initrd.length());
        }
        ram.fill(bootParams, BootParams.SIZE, 0);
        setupHeader.run();
        ram.putShort(bootParams + BootParams.VID_MODE, BootParams.VID_MODE_NORMAL);
        ram.putByte(bootParams + BootParams.TYPE_OF_LOADER, BootParams.LOADER_UNDEFINED);
        ram.putInt(bootParams + BootParams.RAMDISK_IMAGE, (int) initrdAt);
        ram.putInt(bootParams + BootParams.RAMDISK_SIZE, initrd == null ? 0 : (int) initrd.length());
        ram.putLong(bootParams + BootParams.ACPI_RSDP_ADDR, firmware.rootPointer());
        writeMemoryMap(ram, firmware.memoryMap());
        if (is64) {
            FlatGdt.write64(ram, gdt);
            IdentityMap.write(ram, pageTables);
        } else {
            FlatGdt.write32(ram, gdt);
        }
    }

    private void writeMemoryMap(GuestMemory ram, MemoryMap map) {
        ram.putShort(bootParams + BootParams.EXT_MEM_K, Math.min(map.upperKib(), 0xffff));
        ram.putInt(bootParams + BootParams.ALT_MEM_K, map.upperKib());
        List<Region> regions = map.regions();
        ram.putByte(bootParams + BootParams.E820_ENTRIES, regions.size());
        for (int i = 0; i < regions.size(); i++) {
            long entry = bootParams + BootParams.E820_TABLE + (long) BootParams.E820_ENTRY_SIZE * i;
            ram.putLong(entry, regions.get(i).start());
            ram.putLong(entry + 8, regions.get(i).length());
            ram.putInt(entry + 16, regions.get(i).type().number());
        }
    }

    /** How the kernel is entered at an address. */
    EntryState enter(long address) {
        return new EntryState(is64 ? EntryState.Mode.LONG : EntryState.Mode.PROTECTED, address, 0, 0, 0, bootParams,
                pageTables, gdt, FlatGdt.LIMIT, FlatGdt.BOOT_CS, FlatGdt.BOOT_DS);
    }
}
