package trapframe.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import trapframe.bus.Stateful;

/** Checks that parts count whatever changes their states: {@link Stateful#changes}. */
public final class CountedChanges {
    private final List<Stateful<?>> parts;
    private final long[] counted;
    private final Record[] states;

    public CountedChanges(Stateful<?>... parts) {
        this(List.of(parts));
    }

    public CountedChanges(List<? extends Stateful<?>> parts) {
        this.parts = List.copyOf(parts);
        counted = new long[parts.size()];
        states = new Record[parts.size()];
        parts.forEach(CountedChanges::checkRestore);
        check();
    }

    private static <S extends Record> void checkRestore(Stateful<S> part) {
        long before = part.changes();
        part.restore(part.state());
        assertThat(part.changes()).isNotEqualTo(before);
    }

    /** Fails if a part is in another state than at the last call, and counted nothing in between. */
    public void check() {
        for (int i = 0; i < counted.length; i++) {
            Record state = parts.get(i).state();
            long changes = parts.get(i).changes();
            assertThat(changes).isNotEqualTo(Stateful.UNCOUNTED);
            if (changes == counted[i] && states[i] != null) {
                assertThat(state).as("%s, which counted no change", parts.get(i).getClass()).isEqualTo(states[i]);
            }
            counted[i] = changes;
            states[i] = state;
        }
    }
}
