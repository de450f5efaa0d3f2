package trapframe.symbols;

/**
 * What the call frame information of several functions has in common: a CIE (DWARF, 6.4.1; in .eh_frame: LSB, 10.6.1.1).
 *
 * @param codeAlignment  factor of all advances
 * @param dataAlignment  factor of all offsets
 * @param returnColumn   which column stands for the return address
 * @param isSignalFrame  whether the "caller" is what was interrupted, so that its RIP is no return address
 * @param isAugmented    whether the entries of functions have augmentation data
 * @param encoding       how they have addresses (DW_EH_PE)
 * @param instructions   that come before those of each function
 */
record CommonInformation(long codeAlignment, long dataAlignment, int returnColumn, boolean isSignalFrame, boolean isAugmented, int encoding,
        Cursor instructions) {
    private static final int PE_ABSPTR = 0x00;
    private static final int PE_ULEB128 = 0x01;
    private static final int PE_UDATA2 = 0x02;
    private static final int PE_UDATA4 = 0x03;
    private static final int PE_UDATA8 = 0x04;
    private static final int PE_SLEB128 = 0x09;
    private static final int PE_SDATA2 = 0x0a;
    private static final int PE_SDATA4 = 0x0b;
    private static final int PE_SDATA8 = 0x0c;
    private static final int PE_PCREL = 0x10;
    private static final int PE_FORMAT = 0x0f;
    private static final int PE_APPLICATION = 0x70;
    private static final int PE_INDIRECT = 0x80;

    /** Reads the entry behind its identification; null if it is of a kind that is not known, and cannot be understood. */
    static CommonInformation read(Cursor c) {
        int version = c.u8();
        if (version != 1 && version != 3 && version != 4) {
            return null;
        }
        String augmentation = c.text();
        if (version == 4) {
            c.skip(2);
        }
        long codeAlignment = c.uleb();
        long dataAlignment = c.sleb();
        int returnColumn = version == 1 ? c.u8() : c.ulebInt();
        int encoding = PE_ABSPTR;
        boolean isSignalFrame = false;
        boolean isAugmented = augmentation.startsWith("z");
        Cursor data = isAugmented ? c.slice(c.uleb()) : c;
        for (char letter : augmentation.substring(isAugmented ? 1 : 0).toCharArray()) {
            switch (letter) {
                case 'S' -> isSignalFrame = true;
                case 'R' -> encoding = data.u8();
                case 'L' -> data.u8();
                case 'P' -> readEncoded(data, data.u8() & ~PE_INDIRECT);
                default -> {
                    if (!isAugmented) {
                        return null;
                    }
                }
            }
        }
        return new CommonInformation(codeAlignment, dataAlignment, returnColumn, isSignalFrame, isAugmented, encoding, c);
    }

    long readAddress(Cursor c) {
        return readEncoded(c, encoding);
    }

    /** A length is written as an address is, but is not relative to anything. */
    long readLength(Cursor c) {
        return readEncoded(c, encoding & PE_FORMAT);
    }

    /** LSB, 10.5.1. Addresses in data of the program itself are not followed. */
    private static long readEncoded(Cursor c, int encoding) {
        long base = switch (encoding & PE_APPLICATION) {
            case 0 -> 0;
            case PE_PCREL -> c.section().address() + c.position();
            default -> throw c.section().damaged("an address of the unknown encoding " + Names.hex(encoding));
        };
        return base + switch (encoding & PE_FORMAT) {
            case PE_ABSPTR, PE_UDATA8, PE_SDATA8 -> c.i64();
            case PE_ULEB128 -> c.uleb();
            case PE_UDATA2 -> c.u16();
            case PE_UDATA4 -> c.u32();
            case PE_SLEB128 -> c.sleb();
            case PE_SDATA2 -> (short) c.u16();
            case PE_SDATA4 -> c.i32();
            default -> throw c.section().damaged("an address of the unknown encoding " + Names.hex(encoding));
        };
    }
}
