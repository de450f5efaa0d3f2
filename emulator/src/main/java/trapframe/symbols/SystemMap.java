package trapframe.symbols;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The symbols of a kernel as {@code nm -n} lists them: System.map, or /proc/kallsyms. A line has an address in hexadecimal, a letter
 * for what is there (nm(1)), and a name.
 */
final class SystemMap {
    private static final long MAX_BYTES = 256 << 20;

    private SystemMap() { }

    /** Whether the file begins as such a list does. */
    static boolean looksLikeOne(SymbolFile file) {
        long length = Math.min(file.bytes().byteSize(), 256);
        String start = new String(file.bytes().asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        return start.matches("(?s)([0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}) [A-Za-z?-] \\S.*");
    }

    /**
     * @throws SymbolsException if a line is not of that form
     */
    static List<SymbolTable.Entry> read(SymbolFile file) {
        if (file.bytes().byteSize() > MAX_BYTES) {
            throw file.bad("is too large for a list of symbols");
        }
        String text = new String(file.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        List<Symbol> places = new ArrayList<>();
        List<SymbolTable.Entry> symbols = new ArrayList<>();
        int number = 0;
        for (int start = 0; start < text.length(); number++) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            String line = text.substring(start, end).stripTrailing();
            start = end + 1;
            if (!line.isEmpty()) {
                add(line, number + 1, file, places, symbols);
            }
        }
        // A symbol reaches to the next one, the last one nowhere.
        long last = places.stream().map(Symbol::address).max(Long::compareUnsigned).orElse(0L);
        places.forEach(symbol -> symbols.add(new SymbolTable.Entry(symbol, last)));
        return symbols;
    }

    private static void add(String line, int number, SymbolFile file, List<Symbol> places, List<SymbolTable.Entry> numbers) {
        // Undefined symbols have blanks for an address.
        String[] words = line.strip().split("\\s+", 4);
        if (Character.isWhitespace(line.charAt(0)) && words.length == 2 && words[0].length() == 1) {
            return;
        }
        if (words.length < 3 || words[1].length() != 1) {
            throw file.bad("line " + number + " is not an address, a letter and a name");
        }
        long address;
        try {
            address = Long.parseUnsignedLong(words[0], 16);
        } catch (NumberFormatException e) {
            throw file.bad("line " + number + " does not begin with an address");
        }
        char type = words[1].charAt(0);
        Symbol.Kind kind = switch (Character.toLowerCase(type)) {
            case 't', 'i', 'w' -> Symbol.Kind.FUNCTION;
            case 'd', 'b', 'r', 'g', 's', 'c' -> Symbol.Kind.OBJECT;
            default -> Symbol.Kind.OTHER;
        };
        Symbol symbol = new Symbol(Names.printable(words[2]), address, 0, kind, Character.isUpperCase(type));
        if (type == 'A' || type == 'a') {
            numbers.add(new SymbolTable.Entry(symbol, address));
        } else {
            places.add(symbol);
        }
    }
}
