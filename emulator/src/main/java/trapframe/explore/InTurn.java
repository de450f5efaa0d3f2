package trapframe.explore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** One strategy after the other. */
final class InTurn implements Strategy {
    private final Deque<Supplier<Strategy>> later;
    private Strategy now;
    /** How many schedules the strategies had that are over. */
    private long before;

    /** @param strategies each made when the one before has tried all */
    InTurn(List<Supplier<Strategy>> strategies) {
        later = new ArrayDeque<>(strategies);
        now = later.removeFirst().get();
    }

    @Override
    public String name() {
        return now.name();
    }

    @Override
    public long most() {
        return later.isEmpty() ? before + now.most() : Long.MAX_VALUE;
    }

    @Override
    public List<Schedule> next(List<Trial> last) {
        List<Schedule> next = now.next(last);
        while (next.isEmpty() && !later.isEmpty()) {
            before += now.most();
            now = later.removeFirst().get();
            next = now.next(List.of());
        }
        return next;
    }
}
