package trapframe.symbols;

import java.util.LinkedHashMap;
import java.util.Map;

/** What was used last, up to a number of things; what was used longest ago makes room. */
final class Recent<K, V> extends LinkedHashMap<K, V> {
    private final int most;

    Recent(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
