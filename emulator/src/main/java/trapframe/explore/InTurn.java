package trapframe.explore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** One strategy after the other. */
final class InTurn implements Strategy {
    private final Deque<Supplier<Strategy>> later;
    private Strategy now;

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
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> next = now.next(before);
        while (next.isEmpty() && !later.isEmpty()) {
            now = later.removeFirst().get();
            next = now.next(List.of());
        }
        return next;
    }
}
