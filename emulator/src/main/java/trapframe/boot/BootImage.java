package trapframe.boot;

import java.nio.file.Path;
import java.util.OptionalLong;

import trapframe.cpu.EntryState;
import trapframe.firmware.Firmware;
import trapframe.memory.GuestMemory;

/**
 * A kernel image whose format was recognised, ready to be loaded by the boot protocol that the format stands for. An
 * image that speaks several is booted by the first of PVH, Multiboot, Linux.
 *
 * <p>Parsing looks at headers only; nothing of an image is trusted. Neither parsing nor loading takes more host memory
 * than the file has bytes, and loading writes only to RAM that the plan gave out.
 */
public sealed interface BootImage permits PvhImage, MultibootImage, LinuxImage, VmlinuxImage {
    /**
     * Reads a file and recognises its format.
     *
     * @throws BootException if it cannot be read, is of no known format, or is damaged
     */
    static BootImage open(Path file) {
        return parse(ImageFile.open(file));
    }

    /**
     * Recognises the format of an image.
     *
     * @throws BootException if it is of no known format, or is damaged
     */
    static BootImage parse(ImageFile file) {
        ElfImage elf = ElfImage.isElf(file) ? ElfImage.parse(file) : null;
        OptionalLong pvhEntry = elf == null ? OptionalLong.empty() : elf.pvhEntry();
        if (pvhEntry.isPresent()) {
            return new PvhImage(file, elf, pvhEntry.getAsLong());
        }
        MultibootHeader multiboot = MultibootHeader.find(file);
        if (multiboot != null) {
            return MultibootImage.of(file, multiboot, elf);
        }
        if (elf != null && VmlinuxImage.isLinux(elf)) {
            return VmlinuxImage.of(file, elf);
        }
        if (LinuxImage.isLinux(file)) {
            return LinuxImage.parse(file);
        }
        throw file.bad(ForeignFormat.describe(file));
    }

    /** The file that the image came from. */
    ImageFile file();

    /** The boot protocol, for people: its name and version. */
    String protocol();

    /**
     * Loads the image, its modules and the structures of its protocol into RAM.
     *
     * @param firmware what the kernel is told of the machine, as written to RAM before
     * @return how the first CPU enters the kernel
     * @throws BootException if something does not fit or the protocol cannot take a parameter; RAM is then untouched
     */
    EntryState load(GuestMemory ram, Firmware firmware, BootParameters parameters);
}
