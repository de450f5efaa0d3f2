package trapframe.tests.sprout;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Type;
import trapframe.symbols.Value;

/** Finds reference-counted objects: by the capabilities in the handle tables of processes, and the ends of channels in use. */
final class KernelObjects {
    private KernelObjects() { }

    static List<KernelState.KernelObject> find(KernelSymbols symbols, MemoryView memory) {
        Type object = symbols.type("struct object").orElseThrow();
        long placeholder = symbols.value("'ipc/handles.c'::taken", memory).address();
        Map<Long, Integer> capabilities = new TreeMap<>();
        for (Value process : symbols.value("processes", memory).fetched().elements()) {
            Value table = process.member("handles");
            if (!process.member("state").constant().equals(Optional.of("PROCESS_FREE")) && table.member("used").number() > 0) {
                for (Value slot : table.member("slots").elements()) {
                    long address = slot.member("object").number();
                    if (address != 0 && address != placeholder) {
                        capabilities.merge(address, 1, Integer::sum);
                    }
                }
            }
        }
        if (symbols.value("channels_used", memory).number() > 0) {
            for (Value channel : symbols.value("channels", memory).fetched().elements()) {
                if (channel.member("live_ends").number() > 0) {
                    channel.member("ends").elements().forEach(end -> capabilities.putIfAbsent(end.member("object").address(), 0));
                }
            }
        }
        List<KernelState.KernelObject> objects = new ArrayList<>();
        capabilities.forEach((address, found) -> {
            Value value = symbols.value(object, address, memory);
            Value type = value.member("type");
            objects.add(new KernelState.KernelObject((type.isNull() ? "object" : type.member("name").string()) + " at 0x"
                    + Long.toHexString(address), value.member("references").number(), value.member("capabilities").number(), found));
        });
        return objects;
    }
}
