package trapframe.symbols;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Source lines by address, and addresses by source line. */
final class SourceIndex {
    private static final int TABLES_KEPT = 16;

    private final Units units;
    private final Budget budget;
    private final Map<Unit, LineTable> lineTables = new Recent<>(TABLES_KEPT);
    private final Map<Unit, Functions> functions = new Recent<>(TABLES_KEPT);
    private Intervals unitsByAddress;

    SourceIndex(Units units, Budget budget) {
        this.units = units;
        this.budget = budget;
    }

    private Unit unitAt(long address) {
        if (unitsByAddress == null) {
            Intervals.Builder builder = new Intervals.Builder();
            for (int i = 0; i < units.all().size(); i++) {
                Unit unit = units.all().get(i);
                long[] ranges = unit.root().ranges();
                for (int k = 0; k < ranges.length; k += 2) {
                    builder.add(ranges[k], ranges[k + 1], i);
                }
                unit.forget();
            }
            unitsByAddress = builder.build();
        }
        int found = unitsByAddress.find(address, budget);
        return found < 0 ? null : units.all().get(found);
    }

    private LineTable lines(Unit unit) {
        return unit.root().lines() < 0 ? null : lineTables.computeIfAbsent(unit, LineTable::new);
    }

    private Functions functions(Unit unit) {
        return functions.computeIfAbsent(unit, of -> new Functions(units, of));
    }

    /**
     * The functions that an address belongs to, from the innermost inlined one to the one whose code it is in; empty if the debug
     * information does not know the address. A function without a name has the one that is given.
     */
    List<SourceFrame> at(long address, String unnamed) {
        Unit unit = unitAt(address);
        if (unit == null) {
            return List.of();
        }
        LineTable table = lines(unit);
        int row = table == null ? -1 : table.rowAt(address);
        Optional<SourceLine> line = row < 0 ? Optional.empty() : Optional.of(new SourceLine(table.header().file(table.fileNumber(row)),
                table.line(row), table.column(row)));
        List<Functions.Scope> scopes = functions(unit).at(address);
        if (scopes.isEmpty()) {
            return line.isEmpty() ? List.of() : List.of(new SourceFrame(unnamed, line, false));
        }
        List<SourceFrame> frames = new ArrayList<>();
        for (Functions.Scope scope : scopes.reversed()) {
            frames.add(new SourceFrame(scope.name() == null ? unnamed : scope.name(), line, scope.inlined()));
            line = table == null ? Optional.empty() : Optional.of(new SourceLine(table.header().file(scope.callFile()), scope.callLine(),
                    scope.callColumn()));
        }
        return frames;
    }

    /** Where statements of a line begin; see {@link KernelSymbols#addressesOfLine}. */
    List<Long> addressesOfLine(String file, int wanted) {
        // By line the first address in each function, or in what was inlined into one.
        TreeMap<Integer, Map<Long, Long>> found = new TreeMap<>();
        Map<Long, Boolean> done = new HashMap<>();
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
                    collect(unit, new LineTable(unit, header), matches, wanted, found);
                }
            }
            unit.forget();
        }
        return found.isEmpty() ? List.of() : found.firstEntry().getValue().values().stream().sorted(Long::compareUnsigned).toList();
    }

    private void collect(Unit unit, LineTable table, boolean[] matches, int wanted, TreeMap<Integer, Map<Long, Long>> found) {
        for (int row = 0; row < table.rows(); row++) {
            int line = table.line(row);
            int file = table.fileNumber(row);
            boolean isMeant = table.isStatement(row) && line >= wanted && file >= 0 && file < matches.length && matches[file];
            // Of several lines the first one counts, so that later ones need not be looked at any more.
            if (isMeant && (found.isEmpty() || line <= found.firstKey())) {
                long address = table.address(row);
                if (table.rowAt(address) < 0) {
                    continue;
                }
                List<Functions.Scope> scopes = functions(unit).at(address);
                long scope = scopes.isEmpty() ? address : scopes.getLast().offset();
                found.computeIfAbsent(line, key -> new TreeMap<>()).merge(scope, address,
                        (a, b) -> Long.compareUnsigned(a, b) < 0 ? a : b);
            }
        }
    }
}
