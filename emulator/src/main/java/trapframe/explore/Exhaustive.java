package trapframe.explore;

import java.util.Arrays;
import java.util.List;

/** The next interrupt comes at each position of the window at which one would be taken, one after the other. */
final class Exhaustive implements Strategy {
    static final int BATCH = 1024;

    private final long[] positions;
    private int next;

    /** @param positions at which an interrupt would be taken at once */
    Exhaustive(long[] positions) {
        this.positions = positions;
    }

    @Override
    public String name() {
        return "exhaustive";
    }

    @Override
    public long most() {
        return positions.length;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        long[] batch = Arrays.copyOfRange(positions, next, Math.min(positions.length, next + BATCH));
        next += batch.length;
        return Arrays.stream(batch).mapToObj(Schedule::interruptAt).toList();
    }
}
