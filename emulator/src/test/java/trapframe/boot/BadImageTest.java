package trapframe.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import trapframe.firmware.Firmware;
import trapframe.firmware.Platform;
import trapframe.memory.GuestMemory;

/** Each way in which a file can be unusable, with the exact line that the user gets. */
class BadImageTest {
    @TempDir
    private Path folder;

    private static void refused(ThrowingCallable action, String line) {
        assertThatThrownBy(action).isInstanceOf(BootException.class).hasMessage(line);
    }

    private static void refused(byte[] image, String problem) {
        refused(() -> Images.parse(image), "images/kernel: " + problem);
    }

    private static void refusedLoading(byte[] image, long ramSize, BootParameters parameters, String problem) {
        BootImage parsed = Images.parse(image);
        try (GuestMemory ram = new GuestMemory(ramSize)) {
            refused(() -> parsed.load(ram, Images.firmware(ram), parameters), "images/kernel: " + problem);
        }
    }

    private static byte[] elf(Consumer<Images.Elf> change) {
        Images.Elf elf = new Images.Elf();
        change.accept(elf);
        return elf.build();
    }

    private static byte[] bzImage(Consumer<Images.BzImage> change) {
        Images.BzImage image = new Images.BzImage();
        change.accept(image);
        return image.build();
    }

    private static byte[] flat(Consumer<Images.MultibootFields> change) {
        Images.MultibootFields fields = Images.flatFields();
        change.accept(fields);
        return Images.flat(fields);
    }

    @Test
    void aFileThatDoesNotExist() {
        Path file = folder.resolve("vmlinuz");
        refused(() -> BootImage.open(file), file + ": no such file");
    }

    @Test
    void aDirectory() {
        refused(() -> BootImage.open(folder), folder + ": is a directory");
    }

    @Test
    void aDevice() {
        refused(() -> BootImage.open(Path.of("/dev/null")), "/dev/null: is not a regular file");
    }

    @Test
    void anEmptyFile() throws IOException {
        Path file = Files.createFile(folder.resolve("empty"));
        refused(() -> BootImage.open(file), file + ": is empty");
    }

    @Test
    void aFileLargerThanAnyMemory() throws IOException {
        Path file = folder.resolve("huge");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(0xc000_0001L);
        }
        refused(() -> BootImage.open(file), file + ": has 3221225473 bytes, more than the most memory a machine can have");
    }

    @Test
    void aNameWithALineBreakStillGivesOneLine() {
        refused(() -> BootImage.open(Path.of("no\nsuch")), "no?such: no such file");
    }

    @Test
    void aTextFile() {
        refused("hello, world\n".getBytes(StandardCharsets.US_ASCII),
                "is not a kernel image: neither an ELF file nor Multiboot nor a Linux bzImage");
    }

    @ParameterizedTest
    @CsvSource({"1f8b0800, gzip-compressed data", "28b52ffd, zstd-compressed data", "fd377a585a00, xz-compressed data",
        "425a6839, bzip2-compressed data", "04224d18, LZ4-compressed data", "02214c18, LZ4-compressed data",
        "303730373031, 'a cpio archive (an initramfs, not a kernel)'", "2321, a script",
        "4d5a9000, 'a DOS, Windows or UEFI program'", "213c617263683e0a, an ar archive or a Debian package",
        "504b0304, a ZIP archive", "514649fb, a qcow2 disk image", "27051956, a U-Boot image",
        "cffaedfe, a Mach-O file"})
    void anotherKnownFormat(String magic, String what) {
        refused(Arrays.copyOf(HexFormat.of().parseHex(magic), 4096), "is not a kernel image but looks like " + what);
    }

    @ParameterizedTest
    @CsvSource({"0x38, ARMd, an AArch64 Linux kernel", "257, ustar, a tar archive",
        "0x8001, CD001, an ISO 9660 disc image"})
    void anotherKnownFormatWithItsMagicInside(String offset, String magic, String what) {
        byte[] image = new byte[0x9000];
        byte[] bytes = magic.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, image, Integer.decode(offset), bytes.length);
        refused(image, "is not a kernel image but looks like " + what);
    }

    @Test
    void aBootSector() {
        byte[] image = new byte[512];
        image[510] = 0x55;
        image[511] = (byte) 0xaa;
        refused(image, "is not a kernel image but looks like a boot sector or a disk image");
    }

    @Test
    void aMultiboot2Image() {
        byte[] image = Images.buffer(4096).putInt(64, 0xe852_50d6).putInt(68, 0).putInt(72, 24)
                .putInt(76, -(0xe852_50d6 + 24)).array();
        refused(image, "is a Multiboot 2 image, which is not supported: only PVH, Multiboot 1 and Linux bzImage are");
    }

    @ParameterizedTest
    @CsvSource({"183, AArch64", "243, RISC-V", "40, Arm", "4711, number 4711"})
    void anElfForAnotherMachine(int machine, String name) {
        refused(elf(e -> e.machine = machine), "is an ELF file for another machine: " + name);
    }

    @Test
    void aBigEndianElf() {
        byte[] image = elf(e -> e.machine = 0x1500);
        image[5] = 2;
        refused(image, "is an ELF file for another machine: 64-bit PowerPC, big-endian");
    }

    @Test
    void anObjectFile() {
        refused(elf(e -> e.type = 1), "is an ELF file of type 1, not a linked program");
    }

    @Test
    void anElfWithoutNote() {
        refused(elf(e -> e.note = null),
                "is an ELF file with neither a PVH note (Xen, type 18: PHYS32_ENTRY) nor a Multiboot header in its first 8 KiB,"
                        + " and no Linux kernel");
    }

    @Test
    void anElfWhoseNotesEndInTheMiddle() {
        refused(elf(e -> e.note = Arrays.copyOf(e.note, 18)),
                "is an ELF file with neither a PVH note (Xen, type 18: PHYS32_ENTRY) nor a Multiboot header in its first 8 KiB,"
                        + " and no Linux kernel");
    }

    @Test
    void aPvhNoteOfAnotherSize() {
        refused(elf(e -> e.note = Images.Elf.note("Xen\0", 18, new byte[2])), "has a PVH note of 2 bytes instead of 4 or 8");
    }

    @Test
    void aPvhEntryOutsideOfTheKernel() {
        refused(elf(e -> e.note = Images.Elf.note("Xen\0", 18, Images.Elf.int32(0x20_0000))),
                "has a PVH note with the entry 0x200000, which is in none of its segments");
    }

    @Test
    void aTruncatedElfHeader() {
        refused(Arrays.copyOf(elf(e -> { }), 40),
                "is truncated or damaged: the ELF header at offset 0x0 has 64 bytes, the file has 40");
    }

    @Test
    void aTruncatedElfProgramHeaderTable() {
        refused(Arrays.copyOf(elf(e -> { }), 100),
                "is truncated or damaged: the program header table at offset 0x40 has 112 bytes, the file has 100");
    }

    @Test
    void aTruncatedElfSegment() {
        refused(Arrays.copyOf(elf(e -> { }), 0x1080),
                "is truncated or damaged: segment 0 at offset 0x1000 has 256 bytes, the file has 4224");
    }

    @Test
    void anElfSegmentLargerInTheFileThanInMemory() {
        refused(elf(e -> e.segments[0][2] = 0x80),
                "is damaged: segment 0 has 256 bytes in the file but only 128 in memory");
    }

    @Test
    void anElfOfUnknownClass() {
        byte[] image = elf(e -> { });
        image[4] = 3;
        refused(image, "is an ELF file of unknown class 3");
    }

    @Test
    void anElfWithProgramHeadersOfTheWrongSize() {
        byte[] image = elf(e -> { });
        image[54] = 55;
        refused(image, "is an ELF file with program headers of 55 bytes instead of 56");
    }

    @Test
    void anElfWithoutProgramHeaders() {
        byte[] image = elf(e -> { });
        image[56] = 0;
        refused(image, "is an ELF file without program headers: there is nothing to load");
    }

    @Test
    void anElfWithoutLoadSegments() {
        refused(elf(e -> e.segments = new long[0][]), "is an ELF file without a segment to load");
    }

    @Test
    void anElfWhoseNoteSegmentsOverlap() {
        byte[] image = elf(e -> e.segments = new long[][] {{0, 0x10_0000, 0x100}, {0, 0x20_0000, 0x100}});
        ByteBuffer headers = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        for (int header : new int[] {64 + 56, 64 + 2 * 56}) {
            headers.putInt(header, 4).putLong(header + 8, 0).putLong(header + 32, image.length);
        }
        refused(image, "is damaged: its note segments overlap");
    }

    @Test
    void anElfLinkedAtVirtualAddressesOnly() {
        refusedLoading(elf(e -> {
            e.segments = new long[][] {{0x10_0000, 0x10_0000, 0x100}, {0, 0xffff_ffff_8000_0000L, 0x1000}};
        }), Images.MIB * 2, BootParameters.of(""), "segment 1 (0xffffffff80000000 to 0xffffffff80001000)"
                + " does not lie in the guest's RAM (0x0 to 0x9fc00, 0xc0000 to 0x200000)");
    }

    @Test
    void anElfLargerThanMemory() {
        refusedLoading(elf(e -> e.segments[0][2] = 0x20_0000), Images.MIB * 2, BootParameters.of(""),
                "segment 0 (0x100000 to 0x300000) does not lie in the guest's RAM (0x0 to 0x9fc00, 0xc0000 to 0x200000)");
    }

    @Test
    void anElfInVideoMemory() {
        refusedLoading(elf(e -> e.segments = new long[][] {{0, 0x10_0000, 0x100}, {0, 0xb_8000, 0x100}}), Images.MIB * 2,
                BootParameters.of(""),
                "segment 1 (0xb8000 to 0xb8100) does not lie in the guest's RAM (0x0 to 0x9fc00, 0xc0000 to 0x200000)");
    }

    @Test
    void anElfWhoseSegmentsOverlap() {
        refusedLoading(elf(e -> e.segments = new long[][] {{0, 0x10_0000, 0x200}, {0, 0x10_01ff, 0x100}}), Images.MIB * 2,
                BootParameters.of(""), "segment 1 (0x1001ff to 0x1002ff) overlaps segment 0 (0x100000 to 0x100200)");
    }

    @Test
    void anElfWhereTheFirmwaresTablesAre() {
        long end = new Firmware(new Platform(2 * Images.MIB, 1, 0, 0, List.of())).tablesEnd();
        refusedLoading(elf(e -> e.segments = new long[][] {{0, 0x10_0000, 0x100}, {0, 0xf_0100, 0x100}}), Images.MIB * 2,
                BootParameters.of(""), "segment 1 (0xf0100 to 0xf0200) overlaps the firmware's tables (0xf0000 to 0x"
                        + Long.toHexString(end) + ")");
    }

    @Test
    void aCommandLineWithAZeroByte() {
        for (byte[] image : new byte[][] {elf(e -> { }), bzImage(b -> { }), flat(f -> { })}) {
            refusedLoading(image, 32 * Images.MIB, BootParameters.of("a\0b"),
                    "a command line with a zero byte cannot be passed to a kernel");
        }
    }

    @Test
    void aModuleLargerThanMemory() {
        BootParameters parameters = BootParameters.of("", Images.module("big.cpio", 2 << 20, ""));
        refusedLoading(elf(e -> { }), Images.MIB * 2, parameters, "no room for module big.cpio (2097152 bytes)"
                + " in the guest's RAM (0x0 to 0x9fc00, 0x100000 to 0x200000)");
        refusedLoading(flat(f -> { }), Images.MIB * 2, parameters, "no room for module big.cpio (2097152 bytes)"
                + " in the guest's RAM (0x0 to 0x9fc00, 0x100000 to 0x200000)");
    }

    @Test
    void anInitrdLargerThanMemory() {
        refusedLoading(bzImage(b -> { }), Images.MIB * 20, BootParameters.of("", Images.module("big.cpio", 16 << 20, "")),
                "no room for the initrd big.cpio (16777216 bytes)"
                        + " in the guest's RAM (0x0 to 0x9fc00, 0x100000 to 0x1400000)");
    }

    @Test
    void anEmptyInitrd() throws IOException {
        Path file = Files.createFile(folder.resolve("initrd"));
        refused(() -> BootModule.open(file.toString()), file + ": is empty");
    }

    @Test
    void twoInitrdsForLinux() {
        refusedLoading(bzImage(b -> { }), Images.MIB * 32,
                BootParameters.of("", Images.module("a", 1, ""), Images.module("b", 1, "")), "Linux takes one initrd, not 2");
    }

    @Test
    void anInitrdWithArgumentsForLinux() {
        refusedLoading(bzImage(b -> { }), Images.MIB * 32, BootParameters.of("", Images.module("a", 1, "x=1")),
                "Linux takes no arguments for its initrd: x=1");
    }

    @Test
    void aLinuxCommandLineLongerThanTheKernelTakes() {
        refusedLoading(bzImage(b -> b.commandLineSize = 20), Images.MIB * 32, BootParameters.of("x".repeat(21)),
                "the command line has 21 bytes, this kernel takes 20");
        refusedLoading(bzImage(b -> b.version = 0x205), Images.MIB * 32, BootParameters.of("x".repeat(256)),
                "the command line has 256 bytes, this kernel takes 255");
    }

    @Test
    void aLinuxKernelLargerThanMemory() {
        refusedLoading(bzImage(b -> { }), Images.MIB * 18, BootParameters.of(""), "no room for the kernel and its init_size"
                + " (3145728 bytes) in the guest's RAM (0x0 to 0x9fc00, 0x100000 to 0x1200000)");
        refusedLoading(bzImage(b -> b.relocatable = 0), Images.MIB * 18, BootParameters.of(""), "the kernel"
                + " (0x100000 to 0x1300000) does not lie in the guest's RAM (0x0 to 0x9fc00, 0xc0000 to 0x1200000)");
    }

    @Test
    void aZImage() {
        refused(bzImage(b -> b.loadFlags = 0),
                "is a Linux zImage, which is loaded below 640 KiB: only bzImage kernels are supported");
    }

    @Test
    void aTruncatedBzImage() {
        refused(Arrays.copyOf(bzImage(b -> { }), 0x1000),
                "is truncated: a Linux bzImage of 5105 bytes or more, the file has 4096");
        refused(Arrays.copyOf(bzImage(b -> { }), 0x220),
                "is truncated or damaged: the setup header at offset 0x1f1 has 159 bytes, the file has 544");
        refused(Arrays.copyOf(bzImage(b -> b.sysSize = 1), 1024 + 0x200),
                "is truncated: a Linux bzImage without the code of its 64-bit entry");
    }

    @Test
    void aBzImageWithImpossibleHeaderFields() {
        refused(bzImage(b -> b.jump = 0xff), "is damaged: its setup header ends at 0x301, past the most, 0x290");
        refused(bzImage(b -> b.alignment = 0x30_0000), "is damaged: its kernel_alignment 0x300000 is not a power of two");
        refused(bzImage(b -> b.prefAddress = -1L),
                "wants to be loaded at 0xffffffffffffffff, where no machine has RAM");
    }

    @Test
    void aMultibootHeaderThatAsksForTheUnknown() {
        refused(flat(f -> f.flags = 0x1_0018), "has a Multiboot header that requires unknown features (flags 0x18)");
    }

    @Test
    void aFlatFileWithoutAddresses() {
        refused(flat(f -> f.flags = 3),
                "has a Multiboot header without load addresses (flag bit 16) and is not an ELF file");
    }

    @Test
    void multibootAddressesThatContradictEachOther() {
        refused(flat(f -> f.load = 0x20_0000), "has a Multiboot header at offset 0x40 whose header_addr 0x100040"
                + " does not agree with its load_addr 0x200000");
        refused(flat(f -> f.header = 0x10_1000), "has a Multiboot header at offset 0x40 whose header_addr 0x101000"
                + " does not agree with its load_addr 0x100000");
        refused(flat(f -> f.loadEnd = 0x1000),
                "has a Multiboot header with load_end_addr 0x1000 below load_addr 0x100000");
        refused(flat(f -> f.bssEnd = 0x10_0100), "has a Multiboot header with bss_end_addr 0x100100"
                + " below the end of what is loaded, 0x100200");
        refused(flat(f -> f.entry = 0x10_3000), "has a Multiboot header with entry_addr 0x103000"
                + " outside of the kernel (0x100000 to 0x103000)");
    }

    @Test
    void aTruncatedFlatFile() {
        refused(Arrays.copyOf(flat(f -> { }), 0x1ff), "is truncated or damaged: the kernel described by the Multiboot header"
                + " at offset 0x0 has 512 bytes, the file has 511");
        refused(Arrays.copyOf(flat(f -> { }), 0x50),
                "is truncated or damaged: the Multiboot header at offset 0x40 has 32 bytes, the file has 80");
    }

    @Test
    void aMultibootElfWhoseEntryIsNowhere() {
        refused(elf(e -> {
            e.note = null;
            e.multiboot = new Images.MultibootFields();
            e.entry = 0x50_0000;
        }), "has the entry 0x500000, which is in none of its segments");
    }

    @Test
    void messagesAreOneLine() {
        assertThat(new BootException("a\nb", "c\td\0").getMessage()).isEqualTo("a?b: c?d?");
    }
}
