package trapframe.boot;

/**
 * The header that makes a file a Multiboot image (Multiboot Specification 0.6.96, section 3.1).
 *
 * @param offset    in the file
 * @param flags     what the image asks for
 * @param addresses where to load a file that is not an ELF, or null if the header does not say
 */
record MultibootHeader(long offset, int flags, Addresses addresses) {
    static final int MAGIC = 0x1bad_b002;
    /** The header lies in the first bytes of the file, aligned to four. */
    static final int SEARCH_SIZE = 8192;

    static final int FLAG_PAGE_ALIGN = 1;
    static final int FLAG_MEMORY_INFO = 1 << 1;
    static final int FLAG_VIDEO_MODE = 1 << 2;
    /** A loader has to refuse an image that needs one of these bits and that it does not know. */
    static final int FLAGS_REQUIRED = 0xffff;
    static final int FLAG_ADDRESSES = 1 << 16;

    private static final int SIZE = 12;
    private static final int SIZE_WITH_ADDRESSES = 32;

    /** The address fields, as unsigned 32-bit physical addresses. */
    record Addresses(long header, long load, long loadEnd, long bssEnd, long entry) {
    }

    /** The first valid header, or null. */
    static MultibootHeader find(ImageFile file) {
        long end = Math.min(SEARCH_SIZE, file.length());
        for (long at = 0; at + SIZE <= end; at += 4) {
            if (file.i32(at) == MAGIC && MAGIC + file.i32(at + 4) + file.i32(at + 8) == 0) {
                return read(file, at);
            }
        }
        return null;
    }

    private static MultibootHeader read(ImageFile file, long at) {
        int flags = file.i32(at + 4);
        if ((flags & FLAG_ADDRESSES) == 0) {
            return new MultibootHeader(at, flags, null);
        }
        file.require("the Multiboot header", at, SIZE_WITH_ADDRESSES);
        return new MultibootHeader(at, flags, new Addresses(file.u32(at + 12), file.u32(at + 16), file.u32(at + 20),
                file.u32(at + 24), file.u32(at + 28)));
    }
}
