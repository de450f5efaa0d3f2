package trapframe.symbols;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Finds the code that came from a source line. */
final class LineSearch {
    private final Units units;
    private final SourceIndex index;
    private final Budget budget;
    private final String file;
    private final int wanted;
    /** By line, the first address in each function, or in what was inlined into one. */
    private final TreeMap<Integer, Map<Long, Long>> found = new TreeMap<>();

    LineSearch(Units units, SourceIndex index, Budget budget, String file, int line) {
        this.units = units;
        this.index = index;
        this.budget = budget;
        this.file = file;
        wanted = line;
    }

    /** See {@link KernelSymbols#addressesOfLine}. */
    List<Long> addresses() {
        Map<Long, Boolean> done = new TreeMap<>();
        for (Unit unit : units.all()) {
            long at = unit.root().lines();
            if (at >= 0 && done.put(at, true) == null) {
                LineHeader header = new LineHeader(unit);
                boolean[] matches = new boolean[header.fileCount()];
                boolean any = false;
                for (int i = 0; i < matches.length; i++) {
                    budget.spend(1);
                    matches[i] = SourcePaths.matches(header.file(i), file);
                    any |= matches[i];
                }
                if (any) {
                    collect(unit, new LineTable(unit, header), matches);
                }
            }
            unit.forget();
        }
        return found.isEmpty() ? List.of() : found.firstEntry().getValue().values().stream().sorted(Long::compareUnsigned).toList();
    }

    private void collect(Unit unit, LineTable table, boolean[] matches) {
        for (int row = 0; row < table.rows(); row++) {
            int line = table.line(row);
            int fileNumber = table.fileNumber(row);
            boolean isMeant = table.isStatement(row) && line >= wanted && fileNumber >= 0 && fileNumber < matches.length && matches[fileNumber];
            // Of several lines the first one counts, so that later ones need not be looked at any more.
            if (isMeant && (found.isEmpty() || line <= found.firstKey()) && table.rowAt(table.address(row)) >= 0) {
                long address = table.address(row);
                List<Functions.Scope> scopes = index.functions(unit).at(address);
                long scope = scopes.isEmpty() ? address : scopes.getLast().offset();
                found.computeIfAbsent(line, key -> new TreeMap<>()).merge(scope, address, (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b);
            }
        }
    }
}
