package trapframe.symbols;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Writes symbols as an ELF file (System V ABI, chapter 4; psABI), for debuggers that read nothing else. It has names and no content: sections
 * reach from symbols of one kind to those of the next, and where code should be there is INT3, which a debugger sees only where the guest
 * has nothing mapped.
 */
final class SymbolElf {
    private static final int HEADER = 64;
    private static final int SECTION = 64;
    private static final int SYMBOL = 24;
    private static final int PAGE = 4096;
    /** Symbols that are farther from each other have nothing to do with each other. */
    private static final long FAR = 16 << 20;
    private static final byte INT3 = (byte) 0xcc;
    /** Sections of code all show the same bytes. */
    private static final int FILLER = 1 << 16;
    /** Indices from 0xff00 on mean something else. */
    private static final int MAX_SECTIONS = 0xf000;
    private static final int ABSOLUTE = 0xfff1;

    private static final int SHT_PROGBITS = 1;
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_STRTAB = 3;
    private static final int SHT_NOBITS = 8;
    private static final int SHF_WRITE = 1;
    private static final int SHF_ALLOC = 2;
    private static final int SHF_EXECINSTR = 4;
    private static final byte[] SECTION_NAMES = "\0.text\0.data\0.symtab\0.strtab\0".getBytes(StandardCharsets.US_ASCII);
    private static final int TEXT_NAME = 1;
    private static final int DATA_NAME = 7;
    private static final int SYMTAB_NAME = 13;
    private static final int STRTAB_NAME = 21;

    /** A stretch of addresses; the symbols in it are all code, or all data. */
    private record Stretch(long start, long end, boolean isCode) { }

    private final ByteArrayOutputStream sections = new ByteArrayOutputStream();
    private final ByteArrayOutputStream local = new ByteArrayOutputStream();
    private final ByteArrayOutputStream global = new ByteArrayOutputStream();
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();
    private int sectionCount;

    private SymbolElf() { }

    /** @param symbols in any order */
    static byte[] of(List<Symbol> symbols) {
        return new SymbolElf().write(symbols.stream().sorted(Comparator.comparing(Symbol::address, Long::compareUnsigned)
                .thenComparing(Symbol::name)).toList());
    }

    private byte[] write(List<Symbol> symbols) {
        section(0, 0, 0, 0, 0, 0, 0, 0, 0);
        names.write(0);
        local.writeBytes(new byte[SYMBOL]);
        symbols.stream().filter(symbol -> symbol.kind() == Symbol.Kind.OTHER).forEach(symbol -> symbol(symbol, ABSOLUTE));
        List<Symbol> places = symbols.stream().filter(symbol -> symbol.kind() != Symbol.Kind.OTHER).toList();
        int at = 0;
        for (Stretch stretch : inPieces(stretches(places))) {
            if (stretch.isCode) {
                section(TEXT_NAME, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, stretch.start, HEADER, stretch.end - stretch.start, 0, 0, 0);
            } else {
                section(DATA_NAME, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, stretch.start, HEADER, stretch.end - stretch.start, 0, 0, 0);
            }
            for (; at < places.size() && Long.compareUnsigned(places.get(at).address(), stretch.end) < 0; at++) {
                symbol(places.get(at), sectionCount - 1);
            }
        }
        return file();
    }

    private static List<Stretch> stretches(List<Symbol> places) {
        List<Stretch> stretches = new ArrayList<>();
        for (int i = 0; i < places.size(); ) {
            boolean isCode = isCode(places.get(i));
            int next = i + 1;
            while (next < places.size() && places.get(next).address() - places.get(next - 1).address() <= FAR
                    && (isCode(places.get(next)) == isCode || places.get(next).address() == places.get(next - 1).address())) {
                next++;
            }
            long last = places.get(next - 1).address();
            // What is behind the last symbol, nobody says.
            boolean isFollowed = next < places.size() && places.get(next).address() - last <= FAR;
            stretches.add(new Stretch(places.get(i).address(), isFollowed ? places.get(next).address() : (last | PAGE - 1), isCode));
            i = next;
        }
        return stretches;
    }

    /** Code in pieces that can all show the same bytes; all as one if there are too many for a file. */
    private static List<Stretch> inPieces(List<Stretch> stretches) {
        List<Stretch> pieces = new ArrayList<>();
        for (Stretch stretch : stretches) {
            long start = stretch.start;
            for (; stretch.isCode && stretch.end - start > FILLER && pieces.size() < MAX_SECTIONS; start += FILLER) {
                pieces.add(new Stretch(start, start + FILLER, true));
            }
            pieces.add(new Stretch(start, stretch.end, stretch.isCode));
        }
        return pieces.size() < MAX_SECTIONS ? pieces : List.of(new Stretch(stretches.getFirst().start, stretches.getLast().end, false));
    }

    private static boolean isCode(Symbol symbol) {
        return symbol.kind() == Symbol.Kind.FUNCTION;
    }

    private void symbol(Symbol symbol, int section) {
        int type = symbol.kind() == Symbol.Kind.OTHER ? 0 : isCode(symbol) ? 2 : 1;
        (symbol.global() ? global : local).writeBytes(little(SYMBOL).putInt(names.size()).put((byte) ((symbol.global() ? 1 : 0) << 4 | type))
                .put((byte) 0).putShort((short) section).putLong(symbol.address()).putLong(symbol.size()).array());
        names.writeBytes(symbol.name().getBytes(StandardCharsets.UTF_8));
        names.write(0);
    }

    private void section(int name, int type, int flags, long address, long offset, long size, int link, int info, int entrySize) {
        sections.writeBytes(little(SECTION).putInt(name).putInt(type).putLong(flags).putLong(address).putLong(offset).putLong(size).putInt(link)
                .putInt(info).putLong(type == SHT_SYMTAB ? Long.BYTES : 1).putLong(entrySize).array());
        sectionCount++;
    }

    private byte[] file() {
        byte[] filler = new byte[FILLER];
        Arrays.fill(filler, INT3);
        int tableAt = HEADER + FILLER;
        int namesAt = tableAt + local.size() + global.size();
        int sectionNamesAt = namesAt + names.size();
        int sectionsAt = (sectionNamesAt + SECTION_NAMES.length + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
        int symtab = sectionCount;
        section(SYMTAB_NAME, SHT_SYMTAB, 0, 0, tableAt, local.size() + global.size(), symtab + 1, local.size() / SYMBOL, SYMBOL);
        section(STRTAB_NAME, SHT_STRTAB, 0, 0, namesAt, names.size(), 0, 0, 0);
        section(STRTAB_NAME, SHT_STRTAB, 0, 0, sectionNamesAt, SECTION_NAMES.length, 0, 0, 0);
        ByteBuffer file = little(sectionsAt + sections.size());
        file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).position(16);
        // ET_EXEC, EM_X86_64, EV_CURRENT.
        file.putShort((short) 2).putShort((short) 62).putInt(1).putLong(0).putLong(0).putLong(sectionsAt).putInt(0).putShort((short) HEADER)
                .putShort((short) 56).putShort((short) 0).putShort((short) SECTION).putShort((short) sectionCount).putShort((short) (sectionCount - 1));
        file.put(filler).put(local.toByteArray()).put(global.toByteArray()).put(names.toByteArray()).put(SECTION_NAMES).position(sectionsAt);
        return file.put(sections.toByteArray()).array();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
