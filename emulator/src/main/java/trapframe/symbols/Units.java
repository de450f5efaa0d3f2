package trapframe.symbols;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All units of a file, in the order in which they lie there. */
final class Units {
    private static final int MAX_UNITS = 1 << 20;
    private static final int LEAST_VERSION = 2;
    private static final int GREATEST_VERSION = 5;

    private final List<Unit> units = new ArrayList<>();
    private Map<Long, Long> typesBySignature;

    Units(DebugSections sections) {
        read(sections, sections.info(), 0);
        read(sections, sections.types(), sections.info().size());
    }

    private void read(DebugSections sections, Section section, long base) {
        Cursor c = section.cursor(0);
        while (!c.atEnd()) {
            sections.budget().spend(1);
            if (units.size() == MAX_UNITS) {
                throw section.damaged("it has more than " + MAX_UNITS + " units");
            }
            long start = c.position();
            long length = c.u32();
            boolean is64Bit = length == 0xffff_ffffL;
            Cursor unit = c.slice(is64Bit ? c.i64() : length);
            int version = unit.u16();
            // What comes after DWARF 5 has its own rules; the other units are of use all the same.
            if (version >= LEAST_VERSION && version <= GREATEST_VERSION) {
                units.add(new Unit(sections, base, start, is64Bit, version, unit));
            }
        }
    }

    List<Unit> all() {
        return units;
    }

    /** The unit that an entry belongs to, or null. */
    Unit holding(long offset) {
        int low = 0;
        int high = units.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (units.get(middle).offset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && units.get(low - 1).holds(offset) ? units.get(low - 1) : null;
    }

    /** Reads the entry at an offset; null if nothing can be there. */
    EntryReader entry(long offset) {
        Unit unit = offset < 0 ? null : holding(offset);
        if (unit == null) {
            return null;
        }
        EntryReader entry = unit.reader(offset);
        return entry.next() ? entry : null;
    }

    /** The offset of the type with a signature, or -1. */
    long typeOf(long signature) {
        if (typesBySignature == null) {
            typesBySignature = new HashMap<>();
            for (Unit unit : units) {
                if (unit.isTypeUnit()) {
                    typesBySignature.putIfAbsent(unit.signature(), unit.typeOffset());
                }
            }
        }
        return typesBySignature.getOrDefault(signature, -1L);
    }
}
