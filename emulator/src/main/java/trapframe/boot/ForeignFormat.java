package trapframe.boot;

/** What to say of a file that no boot protocol here can load: what it lacks, or what it looks like. */
final class ForeignFormat {
    private static final int MULTIBOOT2_MAGIC = 0xe852_50d6;
    private static final int MULTIBOOT2_SEARCH_SIZE = 32768;

    /** A file format and its magic, as Latin-1 characters. */
    private record Magic(long offset, String bytes, String what) {
    }

    /** In order: a more particular magic comes before one that it contains. */
    private static final Magic[] MAGICS = {
        new Magic(0x38, "ARM\144", "an AArch64 Linux kernel"),
        new Magic(0x38, "RSC\5", "a RISC-V Linux kernel"),
        new Magic(0, "\37\213", "gzip-compressed data"),
        new Magic(0, "\3757zXZ\0", "xz-compressed data"),
        new Magic(0, "(\265/\375", "zstd-compressed data"),
        new Magic(0, "BZh", "bzip2-compressed data"),
        new Magic(0, "\4\"M\30", "LZ4-compressed data"),
        new Magic(0, "\2!L\30", "LZ4-compressed data"),
        new Magic(0, "]\0\0", "LZMA-compressed data"),
        new Magic(0, "070701", "a cpio archive (an initramfs, not a kernel)"),
        new Magic(0, "070702", "a cpio archive (an initramfs, not a kernel)"),
        new Magic(257, "ustar", "a tar archive"),
        new Magic(0, "!<arch>\n", "an ar archive or a Debian package"),
        new Magic(0, "\355\253\356\333", "an RPM package"),
        new Magic(0, "PK\3\4", "a ZIP archive"),
        new Magic(0x8001, "CD001", "an ISO 9660 disc image"),
        new Magic(0, "QFI\373", "a qcow2 disk image"),
        new Magic(0, "\47\5\31V", "a U-Boot image"),
        new Magic(0, "ANDROID!", "an Android boot image"),
        new Magic(0, "\376\355\372\316", "a Mach-O file"),
        new Magic(0, "\376\355\372\317", "a Mach-O file"),
        new Magic(0, "\316\372\355\376", "a Mach-O file"),
        new Magic(0, "\317\372\355\376", "a Mach-O file"),
        new Magic(0, "MZ", "a DOS, Windows or UEFI program"),
        new Magic(0, "#!", "a script"),
        new Magic(0x1fe, "U\252", "a boot sector or a disk image"),
    };

    private ForeignFormat() { }

    static String describe(ImageFile file) {
        if (isMultiboot2(file)) {
            return "is a Multiboot 2 image, which is not supported: only PVH, Multiboot 1 and Linux bzImage are";
        }
        if (ElfImage.isElf(file)) {
            return "is an ELF file with neither a PVH note (Xen, type 18: PHYS32_ENTRY) nor a Multiboot header in its first 8 KiB, and no Linux kernel";
        }
        for (Magic magic : MAGICS) {
            if (file.has(magic.offset(), magic.bytes())) {
                return "is not a kernel image but looks like " + magic.what();
            }
        }
        return "is not a kernel image: neither an ELF file nor Multiboot nor a Linux bzImage";
    }

    /** Multiboot2 Specification 2.0, section 3.1.1: the header is aligned to 8 bytes, its four fields add up to 0. */
    private static boolean isMultiboot2(ImageFile file) {
        long end = Math.min(MULTIBOOT2_SEARCH_SIZE, file.length());
        for (long at = 0; at + 16 <= end; at += 8) {
            if (file.i32(at) == MULTIBOOT2_MAGIC
                    && MULTIBOOT2_MAGIC + file.i32(at + 4) + file.i32(at + 8) + file.i32(at + 12) == 0) {
                return true;
            }
        }
        return false;
    }
}
