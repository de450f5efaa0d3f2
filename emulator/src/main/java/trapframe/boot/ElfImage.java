package trapframe.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import trapframe.memory.GuestMemory;

/**
 * An ELF file as a loader sees it: its entry, the segments to load and its notes (System V ABI, chapters 4 and 5). Both
 * classes are read, for i386 and x86-64; sections do not matter here.
 */
final class ElfImage {
    private static final int EI_CLASS = 4;
    private static final int EI_DATA = 5;
    private static final int ELFCLASS32 = 1;
    private static final int ELFCLASS64 = 2;
    private static final int ELFDATA2LSB = 1;
    private static final int ELFDATA2MSB = 2;
    private static final int E_TYPE = 16;
    private static final int E_MACHINE = 18;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int PN_XNUM = 0xffff;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;

    /** The note that gives the physical address of a 32-bit entry (Xen, public/elfnote.h). */
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;
    private static final String XEN_NOTE_NAME = "Xen\0";
    private static final int NOTE_HEADER_SIZE = 12;

    private static final Map<Integer, String> MACHINES = Map.ofEntries(
            Map.entry(2, "SPARC"), Map.entry(4, "Motorola 68000"), Map.entry(8, "MIPS"), Map.entry(20, "PowerPC"),
            Map.entry(21, "64-bit PowerPC"), Map.entry(22, "S/390"), Map.entry(40, "Arm"), Map.entry(42, "SuperH"),
            Map.entry(43, "64-bit SPARC"), Map.entry(50, "IA-64"), Map.entry(183, "AArch64"),
            Map.entry(243, "RISC-V"), Map.entry(247, "BPF"), Map.entry(258, "LoongArch"));

    /**
     * A program header of a segment that is loaded or holds notes.
     *
     * @param index    its number in the table, for messages
     * @param offset   of its bytes in the file
     * @param fileSize their number
     * @param virtual  the virtual address it is linked at
     * @param physical where it is loaded
     * @param size     bytes in memory; those past the file's are zero
     * @param align    its alignment, which notes are also laid out by
     */
    record Segment(int index, int type, long offset, long fileSize, long virtual, long physical, long size, long align) {
        boolean holdsPhysical(long address) {
            return address >= physical && address - physical < size;
        }

        boolean holdsVirtual(long address) {
            return Long.compareUnsigned(address, virtual) >= 0
                    && Long.compareUnsigned(address - virtual, size) < 0;
        }
    }

    private final ImageFile file;
    private final boolean is64;
    private final long entry;
    private final List<Segment> loads = new ArrayList<>();
    private final List<Segment> notes = new ArrayList<>();

    static boolean isElf(ImageFile file) {
        return file.has(0, "\177ELF");
    }

    /**
     * Reads the headers of a file that {@link #isElf} is true of.
     *
     * @throws BootException if it is not a linked x86 program, or its headers do not fit the file
     */
    static ElfImage parse(ImageFile file) {
        int elfClass = file.u8(EI_CLASS);
        if (elfClass != ELFCLASS32 && elfClass != ELFCLASS64) {
            throw file.bad("is an ELF file of unknown class " + elfClass);
        }
        int data = file.u8(EI_DATA);
        if (data != ELFDATA2LSB && data != ELFDATA2MSB) {
            throw file.bad("is an ELF file of unknown byte order " + data);
        }
        file.require("the ELF header", 0, elfClass == ELFCLASS64 ? 64 : 52);
        int machine = file.u16(E_MACHINE);
        if (data == ELFDATA2MSB) {
            machine = Short.toUnsignedInt(Short.reverseBytes((short) machine));
        }
        if (data == ELFDATA2MSB || machine != EM_386 && machine != EM_X86_64) {
            throw file.bad("is an ELF file for another machine: " + MACHINES.getOrDefault(machine, "number " + machine)
                    + (data == ELFDATA2MSB ? ", big-endian" : ""));
        }
        int type = file.u16(E_TYPE);
        if (type != ET_EXEC && type != ET_DYN) {
            throw file.bad("is an ELF file of type " + type + ", not a linked program");
        }
        return new ElfImage(file, elfClass == ELFCLASS64);
    }

    private ElfImage(ImageFile file, boolean is64) {
        this.file = file;
        this.is64 = is64;
        entry = is64 ? file.u64(24) : file.u32(24);
        long tableOffset = is64 ? file.u64(32) : file.u32(28);
        int entrySize = file.u16(is64 ? 54 : 42);
        int count = file.u16(is64 ? 56 : 44);
        int expected = is64 ? 56 : 32;
        if (count == 0) {
            throw file.bad("is an ELF file without program headers: there is nothing to load");
        }
        if (count == PN_XNUM) {
            throw file.bad("is an ELF file with more than 65534 program headers");
        }
        if (entrySize != expected) {
            throw file.bad("is an ELF file with program headers of " + entrySize + " bytes instead of " + expected);
        }
        file.require("the program header table", tableOffset, (long) count * entrySize);
        for (int i = 0; i < count; i++) {
            read(i, tableOffset + (long) i * entrySize);
        }
        if (loads.isEmpty()) {
            throw file.bad("is an ELF file without a segment to load");
        }
        // Each note segment is searched from end to end: without this bound a small file could ask for hours of that.
        if (notes.stream().mapToLong(Segment::fileSize).sum() > file.length()) {
            throw file.bad("is damaged: its note segments overlap");
        }
    }

    private void read(int index, long at) {
        int type = file.i32(at);
        Segment segment = is64
                ? new Segment(index, type, file.u64(at + 8), file.u64(at + 32), file.u64(at + 16), file.u64(at + 24),
                        file.u64(at + 40), file.u64(at + 48))
                : new Segment(index, type, file.u32(at + 4), file.u32(at + 16), file.u32(at + 8), file.u32(at + 12),
                        file.u32(at + 20), file.u32(at + 28));
        if (type == PT_NOTE) {
            file.require("note segment " + index, segment.offset(), segment.fileSize());
            notes.add(segment);
        } else if (type == PT_LOAD && segment.size() != 0) {
            if (Long.compareUnsigned(segment.fileSize(), segment.size()) > 0) {
                throw file.bad("is damaged: segment " + index + " has " + Long.toUnsignedString(segment.fileSize())
                        + " bytes in the file but only " + Long.toUnsignedString(segment.size()) + " in memory");
            }
            // A segment of zeros alone has an offset too, which may well be past the end.
            if (segment.fileSize() != 0) {
                file.require("segment " + index, segment.offset(), segment.fileSize());
            }
            loads.add(segment);
        }
    }

    /** Whether it is of the 64-bit class. */
    boolean is64() {
        return is64;
    }

    /** Whether what is loaded has this text in it. */
    boolean loads(String text) {
        return loads.stream().anyMatch(segment -> file.find(text, segment.offset(), segment.fileSize()));
    }

    /** The entry of a PVH note, if there is one. */
    OptionalLong pvhEntry() {
        for (Segment segment : notes) {
            // The gABI pads 64-bit notes to 8 bytes, most tools pad to 4 whatever the segment's alignment says.
            OptionalLong found = segment.align() == 8 ? findPvhEntry(segment, 8) : OptionalLong.empty();
            if (found.isEmpty()) {
                found = findPvhEntry(segment, 4);
            }
            if (found.isPresent()) {
                return found;
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong findPvhEntry(Segment segment, long align) {
        long end = segment.offset() + segment.fileSize();
        long at = segment.offset();
        while (end - at >= NOTE_HEADER_SIZE) {
            long nameSize = file.u32(at);
            long descriptorSize = file.u32(at + 4);
            int type = file.i32(at + 8);
            long descriptor = at + MemoryPlan.alignUp(NOTE_HEADER_SIZE + nameSize, align);
            if (descriptorSize > end - descriptor) {
                return OptionalLong.empty();
            }
            if (type == XEN_ELFNOTE_PHYS32_ENTRY && nameSize == XEN_NOTE_NAME.length()
                    && file.has(at + NOTE_HEADER_SIZE, XEN_NOTE_NAME)) {
                return OptionalLong.of(pvhEntry(descriptor, descriptorSize));
            }
            at = descriptor + MemoryPlan.alignUp(descriptorSize, align);
        }
        return OptionalLong.empty();
    }

    private long pvhEntry(long descriptor, long size) {
        long address = switch ((int) size) {
            case 4 -> file.u32(descriptor);
            case 8 -> file.u64(descriptor);
            default -> throw file.bad("has a PVH note of " + size + " bytes instead of 4 or 8");
        };
        if (loads.stream().noneMatch(segment -> segment.holdsPhysical(address))) {
            throw file.bad("has a PVH note with the entry " + Hex.of(address) + ", which is in none of its segments");
        }
        return address;
    }

    /**
     * The physical address of the header's entry. Kernels in the higher half put a virtual address there, others a
     * physical one.
     */
    long physicalEntry() {
        for (Segment segment : loads) {
            if (segment.holdsVirtual(entry)) {
                return segment.physical() + (entry - segment.virtual());
            }
        }
        if (loads.stream().noneMatch(segment -> segment.holdsPhysical(entry))) {
            throw file.bad("has the entry " + Hex.of(entry) + ", which is in none of its segments");
        }
        return entry;
    }

    void plan(MemoryPlan plan) {
        for (Segment segment : loads) {
            plan.claim("segment " + segment.index(), segment.physical(), segment.size());
        }
    }

    void load(GuestMemory ram) {
        for (Segment segment : loads) {
            file.copyTo(ram, segment.physical(), segment.offset(), segment.fileSize());
            if (segment.size() > segment.fileSize()) {
                ram.fill(segment.physical() + segment.fileSize(), segment.size() - segment.fileSize(), 0);
            }
        }
    }
}
