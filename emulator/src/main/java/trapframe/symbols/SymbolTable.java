package trapframe.symbols;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Symbols by address and by name. */
final class SymbolTable {
    /** Of several symbols at one address, the best name for it comes last. */
    private static final Comparator<Symbol> ORDER = Comparator.comparing(Symbol::address, Long::compareUnsigned)
            .thenComparing(symbol -> symbol.kind() != Symbol.Kind.OTHER).thenComparing(symbol -> symbol.size() != 0)
            .thenComparing(Symbol::global).thenComparing(symbol -> !symbol.name().startsWith("_")).thenComparing(Symbol::name, Comparator.reverseOrder()).thenComparing(Symbol::size);

    /**
     * What a file says.
     *
     * @param symbol one that has an address in the loaded kernel
     * @param limit  where its section ends: a symbol without a size reaches no further; its own address if it names no place
     */
    record Entry(Symbol symbol, long limit) { }

    private final List<Symbol> sorted;
    private final Intervals places;
    private final Map<String, List<Symbol>> byName = new HashMap<>();

    SymbolTable(List<Entry> entries) {
        List<Entry> inOrder = entries.stream().sorted(Comparator.comparing(Entry::symbol, ORDER)).toList();
        sorted = inOrder.stream().map(Entry::symbol).toList();
        Intervals.Builder builder = new Intervals.Builder();
        long[] next = nextAddresses();
        for (int i = 0; i < sorted.size(); i++) {
            Symbol symbol = sorted.get(i);
            long end = symbol.size() != 0 ? symbol.address() + symbol.size() : min(inOrder.get(i).limit(), next[i]);
            // The end of something has no bytes itself, but names its own address.
            builder.add(symbol.address(), Long.compareUnsigned(end, symbol.address()) > 0 ? end : symbol.address() + 1, i);
            byName.computeIfAbsent(symbol.name(), name -> new ArrayList<>(1)).add(symbol);
        }
        places = builder.build();
    }

    /** For each symbol the address of the first one behind it; the end of all addresses if there is none. */
    private long[] nextAddresses() {
        long[] next = new long[sorted.size()];
        long behind = -1;
        for (int i = next.length - 1; i >= 0; i--) {
            if (i + 1 < next.length && sorted.get(i + 1).address() != sorted.get(i).address()) {
                behind = sorted.get(i + 1).address();
            }
            next[i] = behind;
        }
        return next;
    }

    private static long min(long a, long b) {
        return Long.compareUnsigned(a, b) < 0 ? a : b;
    }

    /** The symbol that an address belongs to: of those whose bytes it is among, the one that begins last. */
    Optional<Symbol> at(long address, Budget budget) {
        int found = places.find(address, budget);
        return found < 0 ? Optional.empty() : Optional.of(sorted.get(found));
    }

    /** All symbols, by address. */
    List<Symbol> all() {
        return sorted;
    }

    /** All symbols of a name: global ones first, then by address. */
    List<Symbol> named(String name) {
        return byName.getOrDefault(name, List.of()).stream().sorted(Comparator.comparing(Symbol::global).reversed()).toList();
    }
}
