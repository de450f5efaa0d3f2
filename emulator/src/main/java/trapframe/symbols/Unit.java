package trapframe.symbols;

/**
 * A unit of debug information: what one compilation of one source file left (DWARF, 3.1 and 7.5.1).
 *
 * <p>Entries are named by their offset in .debug_info. In version 4 units of types have a section of their own; offsets go on there as
 * if it followed the other one.
 */
final class Unit {
    /**
     * What the unit's own entry says.
     *
     * @param name   its source file, or null
     * @param folder where it was compiled, or null
     * @param lines  offset of its line table, or -1
     * @param ranges its code, as {@link RangeLists} has it
     */
    record Root(String name, String folder, long lines, long[] ranges) { }

    private final DebugSections sections;
    private final Section section;
    private final long base;
    private final long start;
    private final long end;
    private final long firstEntry;
    private final int version;
    private final boolean is64Bit;
    private final int addressSize;
    private final int kind;
    private final long signature;
    private final long typeOffset;
    private final long abbreviationsOffset;
    private Abbreviations abbreviations;
    private boolean basesRead;
    private long baseAddress;
    private long stringOffsetsBase;
    private long addressBase;
    private long rangeListsBase;
    private Root root;

    /**
     * Reads the header of a unit of version 2 to 5.
     *
     * @param start where the unit begins in its section
     * @param header what is behind its length and version
     */
    Unit(DebugSections sections, long base, long start, boolean is64Bit, int version, Cursor header) {
        this.sections = sections;
        this.section = header.section();
        this.base = base;
        this.start = start;
        this.is64Bit = is64Bit;
        this.version = version;
        end = header.end();
        if (version >= 5) {
            kind = header.u8();
            addressSize = header.u8();
            abbreviationsOffset = header.offset(is64Bit);
        } else {
            kind = section == sections.types() ? Dw.UT_TYPE : 0;
            abbreviationsOffset = header.offset(is64Bit);
            addressSize = header.u8();
        }
        boolean isType = kind == Dw.UT_TYPE || kind == Dw.UT_SPLIT_TYPE;
        signature = isType || kind == Dw.UT_SKELETON || kind == Dw.UT_SPLIT_COMPILE ? header.i64() : 0;
        typeOffset = isType ? header.offset(is64Bit) : 0;
        if (addressSize != 4 && addressSize != 8) {
            throw section.damaged("addresses of " + addressSize + " bytes");
        }
        firstEntry = header.position();
    }

    /** Reads entries from one on; its offset is one of this unit's. */
    EntryReader reader(long offset) {
        if (abbreviations == null) {
            abbreviations = new Abbreviations(sections.abbreviations(), abbreviationsOffset, sections.budget());
        }
        if (offset - base < firstEntry || offset - base > end) {
            throw section.damaged("a reference to offset " + Names.hex(offset - base) + ", where no entry is");
        }
        return new EntryReader(this, section.cursor(offset - base, end), abbreviations);
    }

    /** Reads all entries, the unit's own first. */
    EntryReader reader() {
        return reader(base + firstEntry);
    }

    /** Lets go of what is quickly read again. */
    void forget() {
        abbreviations = null;
    }

    Root root() {
        if (root == null) {
            EntryReader entry = readBases();
            root = new Root(entry.text(Dw.AT_NAME), entry.text(Dw.AT_COMP_DIR), entry.number(Dw.AT_STMT_LIST, -1), RangeLists.of(entry));
        }
        return root;
    }

    /** What tables of other sections the entries mean; the unit's own entry, which says it, is one that is read by them. */
    private EntryReader readBases() {
        EntryReader entry = reader();
        entry.next();
        // The defaults are where the tables begin behind their headers (7.26, 7.27, 7.28).
        stringOffsetsBase = entry.number(Dw.AT_STR_OFFSETS_BASE, is64Bit ? 16 : 8);
        addressBase = entry.number(Dw.AT_ADDR_BASE, is64Bit ? 16 : 8);
        rangeListsBase = entry.number(Dw.AT_RNGLISTS_BASE, is64Bit ? 20 : 12);
        basesRead = true;
        baseAddress = entry.has(Dw.AT_LOW_PC) ? entry.address(Dw.AT_LOW_PC) : 0;
        return entry;
    }

    private void needBases() {
        if (!basesRead) {
            readBases();
        }
    }

    /** What the addresses of range lists count from (2.17.3). */
    long baseAddress() {
        needBases();
        return baseAddress;
    }

    /** An entry of .debug_str_offsets (7.26). */
    String indexedText(long index) {
        needBases();
        long width = is64Bit ? 8 : 4;
        Cursor c = sections.stringOffsets().cursor(at(stringOffsetsBase, index, width));
        return sections.text(sections.strings(), c.offset(is64Bit));
    }

    /** An entry of .debug_addr (7.27). */
    long indexedAddress(long index) {
        needBases();
        return sections.addresses().cursor(at(addressBase, index, addressSize)).unsigned(addressSize);
    }

    /** Where a list of .debug_rnglists begins (7.28). */
    long indexedRangeList(long index) {
        needBases();
        long width = is64Bit ? 8 : 4;
        return rangeListsBase + sections.rangeLists().cursor(at(rangeListsBase, index, width)).offset(is64Bit);
    }

    private static long at(long table, long index, long width) {
        // What does not fit is negative, and no cursor begins there.
        return index < 0 || index > Integer.MAX_VALUE ? -1 : table + index * width;
    }

    DebugSections sections() {
        return sections;
    }

    /** The offset of an entry, given the one that counts from the start of the unit. */
    long offsetOf(long inUnit) {
        return base + start + inUnit;
    }

    /** The offset of an entry, given the one in the unit's section. */
    long offsetAt(long inSection) {
        return base + inSection;
    }

    /** Where the unit begins. */
    long offset() {
        return base + start;
    }

    boolean holds(long offset) {
        return offset >= base + start && offset < base + end;
    }

    int version() {
        return version;
    }

    boolean is64Bit() {
        return is64Bit;
    }

    int addressSize() {
        return addressSize;
    }

    boolean isTypeUnit() {
        return kind == Dw.UT_TYPE;
    }

    /** What other units call the type of a type unit by. */
    long signature() {
        return signature;
    }

    /** The offset of the type of a type unit. */
    long typeOffset() {
        return offsetOf(typeOffset);
    }
}
