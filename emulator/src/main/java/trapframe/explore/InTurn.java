package trapframe.explore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** One strategy after the other. */
final class InTurn implements Strategy {
    /**
     * One of them.
     *
     * @param strategy made when its turn comes
     * @param most     schedules, behind which it is the next one's turn
     * @param standing how many more schedules each of them has to stand for, or else it is the next one's turn sooner
     * @param suffices whether nothing is left for the others where this one has tried all that it would
     */
    record Part(Supplier<Strategy> strategy, long most, long standing, boolean suffices) {
        /** One that tries what it would, up to a number of schedules. */
        static Part upTo(long most, Supplier<Strategy> strategy) {
            return new Part(strategy, most, 0, false);
        }

        /** One that tries all that it would. */
        static Part whole(Supplier<Strategy> strategy) {
            return upTo(Long.MAX_VALUE, strategy);
        }
    }

    private final Deque<Part> later;
    private Part part;
    private Strategy now;
    /** How many schedules it had. */
    private long tried;
    /** How many schedules the strategies had that are over, and how many more they stood for. */
    private long before;
    private long stoodFor;

    InTurn(List<Part> parts) {
        later = new ArrayDeque<>(parts);
        begin();
    }

    private void begin() {
        part = later.removeFirst();
        now = part.strategy.get();
        tried = 0;
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
    public long stoodFor(long all) {
        return stoodFor + now.stoodFor(all - before);
    }

    @Override
    public List<Schedule> next(List<Trial> last) {
        List<Schedule> next = goesOn() ? now.next(last) : List.of();
        while (next.isEmpty() && !isOver()) {
            before += tried;
            stoodFor += now.stoodFor(tried);
            begin();
            next = now.next(List.of());
        }
        tried += next.size();
        return next;
    }

    private boolean goesOn() {
        return tried < part.most && now.stoodFor(tried) >= tried * part.standing;
    }

    private boolean isOver() {
        return later.isEmpty() || part.suffices && goesOn();
    }
}
