package trapframe.symbols;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The abbreviations of a unit (DWARF, 7.5.3). Compilers number them from 1, in order. */
final class Abbreviations {
    private static final int CHUNK = 16;

    private final List<Abbreviation> inOrder = new ArrayList<>();
    private final Map<Long, Abbreviation> others = new HashMap<>();

    Abbreviations(Section section, long offset, Budget budget) {
        Cursor c = section.cursor(offset);
        for (long code = c.uleb(); code != 0; code = c.uleb()) {
            Abbreviation abbreviation = read(c, budget);
            if (code == inOrder.size() + 1) {
                inOrder.add(abbreviation);
            } else {
                others.put(code, abbreviation);
            }
        }
    }

    private static Abbreviation read(Cursor c, Budget budget) {
        int tag = c.ulebInt();
        boolean hasChildren = c.u8() != 0;
        int[] attributes = new int[CHUNK];
        int[] forms = new int[CHUNK];
        long[] constants = new long[CHUNK];
        int count = 0;
        while (true) {
            int attribute = c.ulebInt();
            int form = c.ulebInt();
            long constant = form == Dw.FORM_IMPLICIT_CONST ? c.sleb() : 0;
            budget.spend(1);
            if (attribute == 0 && form == 0) {
                break;
            }
            if (count == attributes.length) {
                attributes = Arrays.copyOf(attributes, 2 * count);
                forms = Arrays.copyOf(forms, 2 * count);
                constants = Arrays.copyOf(constants, 2 * count);
            }
            attributes[count] = attribute;
            forms[count] = form;
            constants[count++] = constant;
        }
        return new Abbreviation(tag, hasChildren, Arrays.copyOf(attributes, count), Arrays.copyOf(forms, count),
                Arrays.copyOf(constants, count));
    }

    /** The abbreviation of a code, or null. */
    Abbreviation get(long code) {
        return code > 0 && code <= inOrder.size() ? inOrder.get((int) code - 1) : others.get(code);
    }
}
