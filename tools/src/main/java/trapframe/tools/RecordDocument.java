package trapframe.tools;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Records as what {@link Json} prints: their components by name, in order. What is empty is left out; one of several kinds of a sealed type has
 * its name as {@code kind}; 64-bit addresses are hexadecimal text, since JSON's numbers may be less precise.
 */
final class RecordDocument {
    /** Components that are addresses, and are printed as such. */
    private static final Set<String> ADDRESSES = Set.of("address", "linear", "physical", "page", "mapped", "rip", "rsp", "cr2", "handlerRsp");

    private RecordDocument() { }

    static Map<String, Object> of(Record record) {
        Map<String, Object> document = new LinkedHashMap<>();
        for (Class<?> type : record.getClass().getInterfaces()) {
            if (type.isSealed()) {
                document.put("kind", record.getClass().getSimpleName());
            }
        }
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                Object value = value(component.getAccessor().invoke(record), isAddress(component.getName()));
                if (value != null) {
                    document.put(component.getName(), value);
                }
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        return document;
    }

    private static boolean isAddress(String name) {
        return ADDRESSES.contains(name);
    }

    private static Object value(Object value, boolean address) {
        return switch (value) {
            case Record record -> of(record);
            case Optional<?> optional -> optional.map(each -> value(each, address)).orElse(null);
            case OptionalInt optional -> optional.isPresent() ? optional.getAsInt() : null;
            case OptionalLong optional -> optional.isPresent() ? value(optional.getAsLong(), address) : null;
            case List<?> list -> {
                List<Object> values = new ArrayList<>();
                list.forEach(each -> values.add(value(each, address)));
                yield values;
            }
            case Long number when address -> "0x" + Long.toHexString(number);
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            default -> value;
        };
    }
}
