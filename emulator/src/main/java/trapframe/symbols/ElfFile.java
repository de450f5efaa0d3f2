package trapframe.symbols;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sections and symbols of a linked ELF file for x86-64 or i386 (gABI, chapter 4). What a loader needs of such a file is another matter:
 * see {@code trapframe.boot}.
 */
final class ElfFile {
    private static final int ELFCLASS32 = 1;
    private static final int ELFCLASS64 = 2;
    private static final int ELFDATA2LSB = 1;
    private static final int ET_REL = 1;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int SHN_UNDEF = 0;
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_XINDEX = 0xffff;
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_NOBITS = 8;
    private static final int SHT_DYNSYM = 11;
    private static final int SHF_ALLOC = 1 << 1;
    private static final int SHF_EXECINSTR = 1 << 2;
    private static final int SHF_COMPRESSED = 1 << 11;
    private static final int STB_LOCAL = 0;
    private static final int STT_OBJECT = 1;
    private static final int STT_FUNC = 2;
    private static final int STT_SECTION = 3;
    private static final int STT_FILE = 4;
    private static final int STT_TLS = 6;
    private static final int STT_GNU_IFUNC = 10;
    private static final long MAX_SECTIONS = 1 << 16;
    /** More than any kernel has; a table of so many takes about half a gigabyte here. */
    private static final long MAX_SYMBOLS = 4 << 20;

    /** A section header (gABI, "Section Header"). */
    private record Header(int name, int type, long flags, long address, long offset, long size, int link, int info) {
        boolean isLoaded() {
            return (flags & SHF_ALLOC) != 0;
        }

        boolean holds(long at) {
            return Long.compareUnsigned(at - address, size) < 0;
        }
    }

    private final SymbolFile file;
    private final boolean is64Bit;
    private final boolean isX8664;
    private final List<Header> headers = new ArrayList<>();
    private final List<Header> code = new ArrayList<>();
    private final Map<String, Header> byName = new HashMap<>();

    static boolean isElf(SymbolFile file) {
        return file.bytes().byteSize() >= 4 && file.section("the file's magic number", 0, 0, 4).cursor(0).i32() == 0x464c_457f;
    }

    /**
     * @throws SymbolsException if it is not a linked x86 program, or its headers do not fit the file
     */
    ElfFile(SymbolFile file, Budget budget) {
        this.file = file;
        Cursor identification = file.section("the ELF header", 0, 0, 16).cursor(4);
        int elfClass = identification.u8();
        if (elfClass != ELFCLASS32 && elfClass != ELFCLASS64) {
            throw file.bad("is an ELF file of unknown class " + elfClass);
        }
        is64Bit = elfClass == ELFCLASS64;
        int order = identification.u8();
        Cursor header = file.section("the ELF header", 0, 0, is64Bit ? 64 : 52).cursor(16);
        int type = header.u16();
        int machine = header.u16();
        if (order != ELFDATA2LSB || machine != EM_X86_64 && machine != EM_386) {
            throw file.bad("is an ELF file for another machine: number " + machine);
        }
        if (type != ET_EXEC && type != ET_DYN) {
            throw file.bad(type == ET_REL ? "is an object file: its addresses are known only after it is linked"
                    : "is an ELF file of type " + type + ", not a linked program");
        }
        isX8664 = machine == EM_X86_64;
        readHeaders(header, budget);
    }

    private void readHeaders(Cursor header, Budget budget) {
        header.seek(is64Bit ? 40 : 32);
        long table = header.offset(is64Bit);
        header.seek(is64Bit ? 58 : 46);
        int entrySize = header.u16();
        long count = header.u16();
        long names = header.u16();
        if (table == 0) {
            return;
        }
        int expected = is64Bit ? 64 : 40;
        if (entrySize != expected) {
            throw file.bad("is an ELF file with section headers of " + entrySize + " bytes instead of " + expected);
        }
        // Numbers that do not fit are in the first header (gABI, "ELF Header", e_shnum and e_shstrndx).
        Header first = header(table);
        count = count == 0 ? first.size : count;
        names = names == SHN_XINDEX ? Integer.toUnsignedLong(first.link) : names;
        if (count < 0 || count > MAX_SECTIONS) {
            throw file.bad("has " + Long.toUnsignedString(count) + " sections, more than " + MAX_SECTIONS);
        }
        file.section("the section header table", 0, table, count * entrySize);
        for (long i = 0; i < count; i++) {
            budget.spend(1);
            Header each = header(table + i * entrySize);
            headers.add(each);
            if (each.isLoaded() && (each.flags & SHF_EXECINSTR) != 0) {
                code.add(each);
            }
        }
        if (names == 0 || names >= count) {
            return;
        }
        Section titles = section("section names", headers.get((int) names));
        for (Header each : headers) {
            budget.spend(1);
            if (each.name != 0) {
                String title = titles.cursor(Integer.toUnsignedLong(each.name)).text();
                budget.spend(title.length());
                byName.putIfAbsent(title, each);
            }
        }
    }

    private Header header(long at) {
        Cursor c = file.section("a section header", 0, at, is64Bit ? 64 : 40).cursor(0);
        int name = c.i32();
        int type = c.i32();
        return new Header(name, type, c.offset(is64Bit), c.offset(is64Bit), c.offset(is64Bit), c.offset(is64Bit), c.i32(), c.i32());
    }

    private Section section(String title, Header header) {
        if (header.type == SHT_NOBITS) {
            return Section.missing(file.name(), title);
        }
        Section content = file.section(title, header.address, header.offset, header.size);
        return (header.flags & SHF_COMPRESSED) != 0 ? CompressedSection.expand(content, is64Bit) : content;
    }

    /** A section by name, decompressed; an empty one if there is none. */
    Section section(String name) {
        Header header = byName.get(name);
        return header == null ? Section.missing(file.name(), name) : section(name, header);
    }

    SymbolFile file() {
        return file;
    }

    /** Whether the psABI for AMD64 applies, with its numbers for registers, and not that of i386. */
    boolean isX8664() {
        return isX8664;
    }

    /** Whether code is at a linked address. */
    boolean isCode(long address) {
        for (Header header : code) {
            if (header.holds(address)) {
                return true;
            }
        }
        return false;
    }

    /** All symbols with an address, from the full table or, in a stripped file, from that for dynamic linking. */
    List<SymbolTable.Entry> symbols(Budget budget) {
        List<SymbolTable.Entry> symbols = new ArrayList<>();
        for (int type : new int[] {SHT_SYMTAB, SHT_DYNSYM}) {
            for (Header header : headers) {
                if (header.type == type && symbols.isEmpty()) {
                    readSymbols(header, symbols, budget);
                }
            }
        }
        return symbols;
    }

    private void readSymbols(Header table, List<SymbolTable.Entry> symbols, Budget budget) {
        if (table.link < 0 || table.link >= headers.size()) {
            throw file.bad("is damaged: its symbols have no names");
        }
        Section names = section("names of symbols", headers.get(table.link));
        Cursor c = section("symbols", table).cursor(0);
        int entrySize = is64Bit ? 24 : 16;
        if (c.end() / entrySize > MAX_SYMBOLS) {
            throw file.bad("has " + c.end() / entrySize + " symbols, more than " + MAX_SYMBOLS);
        }
        while (c.end() - c.position() >= entrySize) {
            readSymbol(c.slice(entrySize), names, symbols, budget);
        }
    }

    /** gABI, "Symbol Table". */
    private void readSymbol(Cursor c, Section names, List<SymbolTable.Entry> symbols, Budget budget) {
        long name = c.u32();
        long value = 0;
        long size = 0;
        if (!is64Bit) {
            value = c.u32();
            size = c.u32();
        }
        int info = c.u8();
        c.skip(1);
        int index = c.u16();
        if (is64Bit) {
            value = c.i64();
            size = c.i64();
        }
        int type = info & 0xf;
        budget.spend(1);
        if (name == 0 || index == SHN_UNDEF || type == STT_SECTION || type == STT_FILE || type == STT_TLS) {
            return;
        }
        Symbol.Kind kind = switch (type) {
            case STT_FUNC, STT_GNU_IFUNC -> Symbol.Kind.FUNCTION;
            case STT_OBJECT -> Symbol.Kind.OBJECT;
            default -> Symbol.Kind.OTHER;
        };
        String text = names.cursor(name).text();
        budget.spend(text.length() / 8);
        Symbol symbol = new Symbol(text, value, size, kind, info >>> 4 != STB_LOCAL);
        boolean isPlace = index != SHN_ABS && index < headers.size() && headers.get(index).isLoaded();
        Header home = isPlace ? headers.get(index) : null;
        symbols.add(new SymbolTable.Entry(symbol, home == null ? value : home.address + home.size));
    }
}
