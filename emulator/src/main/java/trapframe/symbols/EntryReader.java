package trapframe.symbols;

/**
 * Reads a unit's debugging information entries one after another (DWARF, 2.1 to 2.3, 7.5). It stands at the entry that it read last.
 */
final class EntryReader {
    private final Unit unit;
    private final Cursor c;
    private final Abbreviations abbreviations;
    private Abbreviation entry;
    private long offset;
    private int[] forms = new int[16];
    /** Numbers as they are; of text and blocks, where they begin. */
    private long[] values = new long[16];

    EntryReader(Unit unit, Cursor c, Abbreviations abbreviations) {
        this.unit = unit;
        this.c = c;
        this.abbreviations = abbreviations;
    }

    /** Reads the next entry. False if there is none: its siblings end here, or the unit. */
    boolean next() {
        entry = null;
        offset = unit.offsetAt(c.position());
        if (c.atEnd()) {
            return false;
        }
        unit.sections().budget().spend(1);
        long code = c.uleb();
        if (code == 0) {
            return false;
        }
        Abbreviation found = abbreviations.get(code);
        if (found == null) {
            throw c.section().damaged("the entry at offset " + Names.hex(c.position()) + " has an abbreviation that does not exist");
        }
        int count = found.forms().length;
        if (count > values.length) {
            forms = new int[count];
            values = new long[count];
        }
        for (int i = 0; i < count; i++) {
            read(i, found.forms()[i], found.constants()[i]);
        }
        entry = found;
        return true;
    }

    boolean atEnd() {
        return c.atEnd();
    }

    /** DWARF, 7.5.6. */
    private void read(int i, int form, long constant) {
        forms[i] = form;
        values[i] = switch (form) {
            case Dw.FORM_DATA1, Dw.FORM_REF1, Dw.FORM_FLAG, Dw.FORM_STRX1, Dw.FORM_ADDRX1 -> c.u8();
            case Dw.FORM_DATA2, Dw.FORM_REF2, Dw.FORM_STRX2, Dw.FORM_ADDRX2 -> c.u16();
            case Dw.FORM_STRX3, Dw.FORM_ADDRX3 -> c.unsigned(3);
            case Dw.FORM_DATA4, Dw.FORM_REF4, Dw.FORM_STRX4, Dw.FORM_ADDRX4, Dw.FORM_REF_SUP4 -> c.u32();
            case Dw.FORM_DATA8, Dw.FORM_REF8, Dw.FORM_REF_SIG8, Dw.FORM_REF_SUP8 -> c.i64();
            case Dw.FORM_ADDR -> c.unsigned(unit.addressSize());
            case Dw.FORM_UDATA, Dw.FORM_REF_UDATA, Dw.FORM_STRX, Dw.FORM_ADDRX, Dw.FORM_LOCLISTX, Dw.FORM_RNGLISTX -> c.uleb();
            case Dw.FORM_SDATA -> c.sleb();
            case Dw.FORM_STRP, Dw.FORM_LINE_STRP, Dw.FORM_SEC_OFFSET, Dw.FORM_STRP_SUP, Dw.FORM_GNU_REF_ALT, Dw.FORM_GNU_STRP_ALT ->
                    c.offset(unit.is64Bit());
            // In version 2 it was as wide as an address.
            case Dw.FORM_REF_ADDR -> unit.version() == 2 ? c.unsigned(unit.addressSize()) : c.offset(unit.is64Bit());
            case Dw.FORM_FLAG_PRESENT -> 1;
            case Dw.FORM_IMPLICIT_CONST -> constant;
            case Dw.FORM_STRING -> {
                long at = c.position();
                c.skipText();
                yield at;
            }
            case Dw.FORM_BLOCK, Dw.FORM_EXPRLOC, Dw.FORM_BLOCK1, Dw.FORM_BLOCK2, Dw.FORM_BLOCK4 -> {
                long at = c.position();
                c.skip(blockLength(c, form));
                yield at;
            }
            case Dw.FORM_DATA16 -> {
                long at = c.position();
                c.skip(16);
                yield at;
            }
            case Dw.FORM_INDIRECT -> {
                int actual = c.ulebInt();
                if (actual == Dw.FORM_INDIRECT || actual == Dw.FORM_IMPLICIT_CONST) {
                    throw unknown(actual);
                }
                read(i, actual, 0);
                yield values[i];
            }
            default -> throw unknown(form);
        };
    }

    private SymbolsException unknown(int form) {
        return c.section().damaged("an attribute of the unknown form " + Names.hex(form));
    }

    private static long blockLength(Cursor c, int form) {
        return switch (form) {
            case Dw.FORM_BLOCK1 -> c.u8();
            case Dw.FORM_BLOCK2 -> c.u16();
            case Dw.FORM_BLOCK4 -> c.u32();
            default -> c.uleb();
        };
    }

    /** Goes behind everything that belongs to the entry. */
    void skipChildren() {
        if (!entry.hasChildren()) {
            return;
        }
        long sibling = reference(Dw.AT_SIBLING);
        if (sibling > unit.offsetAt(c.position()) && unit.holds(sibling)) {
            c.seek(sibling - unit.offsetAt(0));
            return;
        }
        for (long depth = 1; depth > 0 && !c.atEnd(); ) {
            if (!next()) {
                depth--;
            } else if (entry.hasChildren()) {
                depth++;
            }
        }
    }

    Unit unit() {
        return unit;
    }

    /** The offset of the entry; see {@link Unit}. */
    long offset() {
        return offset;
    }

    int tag() {
        return entry.tag();
    }

    boolean hasChildren() {
        return entry.hasChildren();
    }

    boolean has(int attribute) {
        return find(attribute) >= 0;
    }

    private int find(int attribute) {
        if (entry != null) {
            int[] attributes = entry.attributes();
            for (int i = 0; i < attributes.length; i++) {
                if (attributes[i] == attribute) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** The form of an attribute that the entry has. */
    int form(int attribute) {
        return forms[find(attribute)];
    }

    /** A constant, a flag, an index or an offset in a section; what is given if the entry does not say, or not as a number. */
    long number(int attribute, long otherwise) {
        int i = find(attribute);
        return i < 0 || isBlock(forms[i]) || forms[i] == Dw.FORM_STRING || forms[i] == Dw.FORM_DATA16 ? otherwise : values[i];
    }

    private static boolean isBlock(int form) {
        return switch (form) {
            case Dw.FORM_BLOCK, Dw.FORM_EXPRLOC, Dw.FORM_BLOCK1, Dw.FORM_BLOCK2, Dw.FORM_BLOCK4 -> true;
            default -> false;
        };
    }

    boolean flag(int attribute) {
        return number(attribute, 0) != 0;
    }

    /** The bytes of a block, or null. */
    Cursor block(int attribute) {
        int i = find(attribute);
        if (i < 0 || !isBlock(forms[i])) {
            return null;
        }
        Cursor block = c.section().cursor(values[i], c.end());
        return block.slice(blockLength(block, forms[i]));
    }

    /** An address; the entry has it. */
    long address(int attribute) {
        int i = find(attribute);
        return switch (forms[i]) {
            case Dw.FORM_ADDRX, Dw.FORM_ADDRX1, Dw.FORM_ADDRX2, Dw.FORM_ADDRX3, Dw.FORM_ADDRX4 -> unit.indexedAddress(values[i]);
            default -> values[i];
        };
    }

    /** Text, or null if there is none that this file has. */
    String text(int attribute) {
        int i = find(attribute);
        if (i < 0) {
            return null;
        }
        DebugSections sections = unit.sections();
        return switch (forms[i]) {
            case Dw.FORM_STRING -> sections.text(c.section(), values[i]);
            case Dw.FORM_STRP -> sections.text(sections.strings(), values[i]);
            case Dw.FORM_LINE_STRP -> sections.text(sections.lineStrings(), values[i]);
            case Dw.FORM_STRX, Dw.FORM_STRX1, Dw.FORM_STRX2, Dw.FORM_STRX3, Dw.FORM_STRX4 -> unit.indexedText(values[i]);
            default -> null;
        };
    }

    /** The offset of the entry that an attribute refers to, or -1. A type's signature is left to the caller, see {@link #signature}. */
    long reference(int attribute) {
        int i = find(attribute);
        if (i < 0) {
            return -1;
        }
        return switch (forms[i]) {
            case Dw.FORM_REF1, Dw.FORM_REF2, Dw.FORM_REF4, Dw.FORM_REF8, Dw.FORM_REF_UDATA -> unit.offsetOf(values[i]);
            case Dw.FORM_REF_ADDR -> values[i];
            default -> -1;
        };
    }

    /** Whether an attribute refers to a type by its signature. */
    boolean isSignature(int attribute) {
        int i = find(attribute);
        return i >= 0 && forms[i] == Dw.FORM_REF_SIG8;
    }
}
