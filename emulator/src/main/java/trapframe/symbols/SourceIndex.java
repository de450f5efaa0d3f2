package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Source lines and inlined functions by address. */
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

    Functions functions(Unit unit) {
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
}
