package trapframe.symbols;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Variables by name (DWARF, 4.1): global ones, those of a file, and the static ones of a function. */
final class Variables {
    private final Units units;
    private final Budget budget;
    private final NameIndex names;
    private final TypeReader types;
    private final SymbolTable symbols;

    Variables(Units units, Budget budget, NameIndex names, TypeReader types, SymbolTable symbols) {
        this.symbols = symbols;
        this.units = units;
        this.budget = budget;
        this.names = names;
        this.types = types;
    }

    /**
     * All variables of a name, global ones first.
     *
     * @param scope a function's name, a source file's or a name space's, if only variables of those are meant
     */
    List<Variable> named(Optional<String> scope, String name) {
        List<Variable> found = new ArrayList<>();
        for (long offset : names.variables(name)) {
            variable(units.entry(offset)).ifPresent(found::add);
        }
        if (scope.isPresent()) {
            found.removeIf(variable -> variable.file().filter(file -> SourcePaths.matches(file, scope.get())).isEmpty());
            for (long offset : names.variables(scope.get() + "::" + name)) {
                variable(units.entry(offset)).ifPresent(found::add);
            }
            for (long function : names.functions(scope.get())) {
                addLocals(function, name, found);
            }
        }
        if (found.isEmpty() && scope.isEmpty()) {
            declared(name).ifPresent(found::add);
        }
        return found.stream().distinct()
                .sorted(Comparator.comparing(Variable::global).reversed().thenComparing(Variable::address, Long::compareUnsigned)).toList();
    }

    /** All variables but those of functions, by address. */
    List<Variable> all() {
        return names.variables().stream().map(units::entry).flatMap(entry -> variable(entry).stream()).distinct()
                .sorted(Comparator.comparing(Variable::address, Long::compareUnsigned)).toList();
    }

    /** A variable that C only declares, and the linker or an assembler file defines. */
    private Optional<Variable> declared(String name) {
        List<Symbol> places = symbols.named(name);
        if (places.isEmpty()) {
            return Optional.empty();
        }
        return names.declaration(name).map(units::entry)
                .map(entry -> new Variable(name, types.reference(entry), places.getFirst().address(), Optional.empty(), places.getFirst().global()));
    }

    /** Whether a variable of a name was in the source, so that the compiler must have done without. */
    boolean isOptimisedAway(String name) {
        return names.declaration(name).isPresent();
    }

    private void addLocals(long function, String name, List<Variable> found) {
        EntryReader entry = units.entry(function);
        for (int depth = entry != null && entry.hasChildren() ? 1 : 0; depth > 0 && !entry.atEnd(); ) {
            if (!entry.next()) {
                depth--;
                continue;
            }
            if (entry.tag() == Dw.TAG_VARIABLE && name.equals(Functions.name(units, entry))) {
                variable(units.entry(entry.offset())).ifPresent(found::add);
            }
            depth += entry.hasChildren() ? 1 : 0;
        }
    }

    private Optional<Variable> variable(EntryReader entry) {
        if (entry == null) {
            return Optional.empty();
        }
        Cursor location = entry.block(Dw.AT_LOCATION);
        if (location == null || !Expression.isPlace(location)) {
            return Optional.empty();
        }
        long address = new Expression(budget).inUnit(entry.unit()).evaluate(location, 0);
        Unit.Root root = entry.unit().root();
        EntryReader declared = entry;
        if (!entry.has(Dw.AT_TYPE)) {
            long origin = entry.reference(Dw.AT_SPECIFICATION);
            declared = units.entry(origin >= 0 ? origin : entry.reference(Dw.AT_ABSTRACT_ORIGIN));
        }
        TypeReference type = declared == null ? TypeReference.VOID : types.reference(declared);
        boolean global = entry.flag(Dw.AT_EXTERNAL) || declared != null && declared.flag(Dw.AT_EXTERNAL);
        String name = Functions.name(units, entry);
        Optional<String> file = Optional.ofNullable(root.name()).map(SourcePaths::normal);
        return Optional.of(new Variable(name == null ? "?" : name, type, address, file, global));
    }
}
