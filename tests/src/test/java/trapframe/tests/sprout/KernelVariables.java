package trapframe.tests.sprout;

import java.util.LinkedHashMap;
import java.util.Map;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Type;
import trapframe.symbols.Value;
import trapframe.symbols.Variable;

/** Where in a kernel's variables there is something of a type, however deep inside of structures and arrays. */
final class KernelVariables {
    /** Larger arrays are tables, of which most slots are empty. */
    private static final long MAX_ELEMENTS = 64;
    private static final int MAX_DEPTH = 6;

    private final KernelSymbols symbols;
    private final Map<String, Map<String, Long>> found = new LinkedHashMap<>();

    KernelVariables(KernelSymbols symbols) {
        this.symbols = symbols;
    }

    KernelSymbols symbols() {
        return symbols;
    }

    /** What there is of a type, by the way to it. */
    Map<String, Value> in(String type, MemoryView memory) {
        Type wanted = symbols.type(type).orElseThrow();
        Map<String, Value> values = new LinkedHashMap<>();
        found.computeIfAbsent(type, key -> find(wanted)).forEach((path, address) -> values.put(path, symbols.value(wanted, address, memory)));
        return values;
    }

    private Map<String, Long> find(Type wanted) {
        Map<String, Long> places = new LinkedHashMap<>();
        for (Variable variable : symbols.variables()) {
            collect(variable.name(), variable.type().get(), variable.address(), wanted.toString(), 0, places);
        }
        return places;
    }

    private static void collect(String path, Type type, long address, String wanted, int depth, Map<String, Long> into) {
        Type plain = type.plain();
        if (plain.toString().equals(wanted)) {
            into.put(path, address);
        } else if (depth < MAX_DEPTH && plain instanceof Type.Struct struct) {
            for (Type.Member member : struct.members()) {
                collect(path + "." + member.name().orElse(""), member.type().get(), address + member.offset(), wanted, depth + 1, into);
            }
        } else if (depth < MAX_DEPTH && plain instanceof Type.Array array && array.count() <= MAX_ELEMENTS) {
            long size = array.element().get().size();
            for (long i = 0; i < array.count(); i++) {
                collect(path + "[" + i + "]", array.element().get(), address + i * size, wanted, depth + 1, into);
            }
        }
    }
}
