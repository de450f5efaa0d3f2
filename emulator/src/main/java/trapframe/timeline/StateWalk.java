package trapframe.timeline;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.util.List;

/** Compares two state records part by part, and names the parts that differ as Java would: {@code counters[0].reload}. */
final class StateWalk {
    /** Bytes of an array, or of a text, that are shown. */
    private static final int SHOWN = 32;

    private StateWalk() { }

    static void compare(List<StateDifference> found, String place, Object one, Object other) {
        if (one instanceof Record record && record.getClass() == other.getClass()) {
            for (RecordComponent component : record.getClass().getRecordComponents()) {
                compare(found, place + "." + component.getName(), read(component, record), read(component, other));
            }
        } else if (one.getClass().isArray() && Array.getLength(one) == Array.getLength(other)) {
            for (int i = 0; i < Array.getLength(one); i++) {
                compare(found, place + "[" + i + "]", Array.get(one, i), Array.get(other, i));
            }
        } else if (one instanceof List<?> list && other instanceof List<?> counterpart && list.size() == counterpart.size()) {
            for (int i = 0; i < list.size(); i++) {
                compare(found, place + "[" + i + "]", list.get(i), counterpart.get(i));
            }
        } else if (!one.equals(other)) {
            found.add(new StateDifference(place, text(one), text(other)));
        }
    }

    private static String text(Object value) {
        if (value.getClass().isArray()) {
            return Array.getLength(value) + " elements";
        }
        String text = value.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    private static Object read(RecordComponent component, Object record) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
