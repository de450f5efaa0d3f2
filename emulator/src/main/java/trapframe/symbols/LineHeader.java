package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;

/**
 * The head of a line table: the names of its source files, and how its program is written (DWARF, 6.2.4; versions 2 to 4: DWARF 4, 6.2.4).
 */
final class LineHeader {
    private static final int LEAST_VERSION = 2;
    private static final int GREATEST_VERSION = 5;
    private static final int LNCT_PATH = 1;
    private static final int LNCT_DIRECTORY_INDEX = 2;

    /** A file, or a folder, which is in no other one. */
    private record Name(String path, long folder) { }

    final int version;
    final int addressSize;
    final int minimumInstructionLength;
    final boolean defaultIsStatement;
    final int lineBase;
    final int lineRange;
    final int opcodeBase;
    final int[] opcodeLengths;
    /** The program: what follows the header. */
    final Cursor program;

    private final DebugSections sections;
    private final boolean is64Bit;
    private final String compilationFolder;
    private final List<Name> folders = new ArrayList<>();
    private final List<Name> files = new ArrayList<>();

    LineHeader(Unit unit) {
        sections = unit.sections();
        compilationFolder = unit.root().folder();
        Cursor c = sections.lines().cursor(unit.root().lines());
        long length = c.u32();
        is64Bit = length == 0xffff_ffffL;
        c = c.slice(is64Bit ? c.i64() : length);
        version = c.u16();
        if (version < LEAST_VERSION || version > GREATEST_VERSION) {
            throw c.section().damaged("a line table of version " + version);
        }
        addressSize = version >= 5 ? c.u8() : unit.addressSize();
        if (version >= 5) {
            c.skip(1);
        }
        long headerLength = c.offset(is64Bit);
        Cursor end = new Cursor(c.section(), c.position(), c.end());
        end.skip(headerLength);
        minimumInstructionLength = c.u8();
        if (version >= 4) {
            // Operations in an instruction: 1, x86 being no VLIW machine.
            c.skip(1);
        }
        defaultIsStatement = c.u8() != 0;
        lineBase = (byte) c.u8();
        lineRange = c.u8();
        opcodeBase = c.u8();
        if (lineRange == 0 || opcodeBase == 0) {
            throw c.section().damaged("a line table that cannot be read");
        }
        opcodeLengths = new int[opcodeBase];
        for (int i = 1; i < opcodeBase; i++) {
            opcodeLengths[i] = c.u8();
        }
        if (version >= 5) {
            readNames(c, folders);
            readNames(c, files);
        } else {
            readOldNames(c);
        }
        program = end;
    }

    /** Tables of names that say themselves what they are made of (6.2.4.1). */
    private void readNames(Cursor c, List<Name> names) {
        int columns = c.u8();
        int[] types = new int[columns];
        int[] forms = new int[columns];
        for (int i = 0; i < columns; i++) {
            types[i] = c.ulebInt();
            forms[i] = c.ulebInt();
        }
        long count = c.uleb();
        for (long n = 0; n != count; n++) {
            sections.budget().spend(1);
            String path = "";
            long folder = 0;
            if (columns == 0) {
                throw c.section().damaged("a table of names that have no columns");
            }
            for (int i = 0; i < columns; i++) {
                if (types[i] == LNCT_PATH) {
                    path = text(c, forms[i]);
                } else {
                    long value = number(c, forms[i]);
                    folder = types[i] == LNCT_DIRECTORY_INDEX ? value : folder;
                }
            }
            names.add(new Name(path, folder));
        }
    }

    private String text(Cursor c, int form) {
        return switch (form) {
            case Dw.FORM_STRING -> c.text();
            case Dw.FORM_LINE_STRP -> sections.text(sections.lineStrings(), c.offset(is64Bit));
            case Dw.FORM_STRP -> sections.text(sections.strings(), c.offset(is64Bit));
            default -> throw c.section().damaged("the name of a file has the unknown form " + Names.hex(form));
        };
    }

    private long number(Cursor c, int form) {
        return switch (form) {
            case Dw.FORM_UDATA -> c.uleb();
            case Dw.FORM_DATA1 -> c.u8();
            case Dw.FORM_DATA2 -> c.u16();
            case Dw.FORM_DATA4 -> c.u32();
            case Dw.FORM_DATA8 -> c.i64();
            case Dw.FORM_DATA16 -> {
                c.skip(16);
                yield 0;
            }
            case Dw.FORM_BLOCK -> {
                c.skip(c.uleb());
                yield 0;
            }
            default -> {
                // The source itself, for instance, as some compilers add it.
                text(c, form);
                yield 0;
            }
        };
    }

    private void readOldNames(Cursor c) {
        folders.add(new Name(compilationFolder == null ? "" : compilationFolder, 0));
        for (String folder = c.text(); !folder.isEmpty(); folder = c.text()) {
            sections.budget().spend(1);
            folders.add(new Name(folder, 0));
        }
        // Files are counted from 1.
        files.add(new Name("", 0));
        for (String file = c.text(); !file.isEmpty(); file = c.text()) {
            sections.budget().spend(1);
            files.add(new Name(file, c.uleb()));
            c.uleb();
            c.uleb();
        }
    }

    int fileCount() {
        return files.size();
    }

    /** The path of a file by its number; "?" if there is none. */
    String file(long number) {
        if (number < 0 || number >= files.size() || files.get((int) number).path.isEmpty()) {
            return "?";
        }
        Name file = files.get((int) number);
        String folder = file.folder > 0 && file.folder < folders.size() ? under(compilationFolder, folders.get((int) file.folder).path)
                : folders.isEmpty() ? compilationFolder : folders.getFirst().path;
        return SourcePaths.normal(under(folder, file.path));
    }

    private static String under(String folder, String path) {
        return path.startsWith("/") || folder == null || folder.isEmpty() ? path : folder + "/" + path;
    }
}
