package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;

/** The functions of a unit that have code, by address, and what was inlined into them (DWARF, 3.3). */
final class Functions {
    /** Names may be given by another entry, which may refer to a third. More is a circle. */
    private static final int MAX_REFERENCES = 8;

    /**
     * A function, or what was inlined into it, at an address.
     *
     * @param offset     of its entry
     * @param name       null if it has none
     * @param callFile   where it was called, if it was inlined: the file's number
     */
    record Scope(long offset, String name, boolean inlined, int callFile, int callLine, int callColumn) { }

    private final Units units;
    private final Unit unit;
    private final List<Long> offsets = new ArrayList<>();
    private final Intervals byAddress;

    Functions(Units units, Unit unit) {
        this.units = units;
        this.unit = unit;
        Intervals.Builder builder = new Intervals.Builder();
        EntryReader entry = unit.reader();
        entry.next();
        while (!entry.atEnd()) {
            if (!entry.next()) {
                continue;
            }
            if (entry.tag() == Dw.TAG_SUBPROGRAM) {
                long[] ranges = RangeLists.of(entry);
                for (int i = 0; i < ranges.length; i += 2) {
                    builder.add(ranges[i], ranges[i + 1], offsets.size());
                }
                if (ranges.length > 0) {
                    offsets.add(entry.offset());
                }
            }
            if (!isScopeOfFunctions(entry.tag())) {
                entry.skipChildren();
            }
        }
        byAddress = builder.build();
    }

    private static boolean isScopeOfFunctions(int tag) {
        return switch (tag) {
            case Dw.TAG_NAMESPACE, Dw.TAG_STRUCTURE_TYPE, Dw.TAG_CLASS_TYPE, Dw.TAG_UNION_TYPE -> true;
            default -> false;
        };
    }

    /** The function at an address, then what was inlined into it there, from the outermost to the innermost; empty if none is known. */
    List<Scope> at(long address) {
        List<Scope> scopes = new ArrayList<>();
        int found = byAddress.find(address, unit.sections().budget());
        if (found < 0) {
            return scopes;
        }
        EntryReader entry = unit.reader(offsets.get(found));
        entry.next();
        scopes.add(scope(entry));
        for (int depth = entry.hasChildren() ? 1 : 0; depth > 0 && !entry.atEnd(); ) {
            if (!entry.next()) {
                depth--;
            } else if (holds(entry, address)) {
                if (entry.tag() == Dw.TAG_SUBPROGRAM) {
                    // A function in a function (an extension of GNU C) is one of its own.
                    scopes.clear();
                }
                if (entry.tag() != Dw.TAG_LEXICAL_BLOCK) {
                    scopes.add(scope(entry));
                }
                depth += entry.hasChildren() ? 1 : 0;
            } else {
                entry.skipChildren();
            }
        }
        return scopes;
    }

    private static boolean holds(EntryReader entry, long address) {
        return switch (entry.tag()) {
            case Dw.TAG_LEXICAL_BLOCK -> !entry.has(Dw.AT_RANGES) && !entry.has(Dw.AT_LOW_PC)
                    || RangeLists.contains(RangeLists.of(entry), address);
            case Dw.TAG_INLINED_SUBROUTINE, Dw.TAG_SUBPROGRAM -> RangeLists.contains(RangeLists.of(entry), address);
            default -> false;
        };
    }

    private Scope scope(EntryReader entry) {
        return new Scope(entry.offset(), name(units, entry), entry.tag() == Dw.TAG_INLINED_SUBROUTINE,
                (int) entry.number(Dw.AT_CALL_FILE, 0), (int) entry.number(Dw.AT_CALL_LINE, 0), (int) entry.number(Dw.AT_CALL_COLUMN, 0));
    }

    /** The name of an entry, which may be that of the one it is an instance of (2.13, 3.3.8); null if there is none. */
    static String name(Units units, EntryReader entry) {
        EntryReader at = entry;
        for (int i = 0; i < MAX_REFERENCES && at != null; i++) {
            String name = at.text(Dw.AT_NAME);
            if (name != null) {
                return name;
            }
            long origin = at.reference(Dw.AT_ABSTRACT_ORIGIN);
            at = units.entry(origin >= 0 ? origin : at.reference(Dw.AT_SPECIFICATION));
        }
        return null;
    }
}
