package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** The engine's hooks for stores, one for each 8 bytes that are looked at; those not in use look at an address that no memory has. */
final class StoreHooks {
    static final long NOWHERE = 1L << 44;
    private static final long BEGIN = 24;
    private static final long END = 32;

    private final LongSupplier adding;
    private final List<Long> hooks = new ArrayList<>();
    private int used;

    /** @param adding adds a hook at {@link #NOWHERE}, and returns its address in host memory */
    StoreHooks(LongSupplier adding) {
        this.adding = adding;
        hooks.add(adding.getAsLong());
    }

    void set(long[] physical) {
        while (hooks.size() < physical.length) {
            hooks.add(adding.getAsLong());
        }
        for (int i = 0; i < physical.length; i++) {
            move(hooks.get(i), physical[i], physical[i] + Long.BYTES - 1);
        }
        for (int i = physical.length; i < used; i++) {
            move(hooks.get(i), NOWHERE, NOWHERE);
        }
        used = physical.length;
    }

    private static void move(long hook, long first, long last) {
        HostMemory.ALL.set(JAVA_LONG, hook + BEGIN, first);
        HostMemory.ALL.set(JAVA_LONG, hook + END, last);
    }
}
