package trapframe.explore;

import java.util.ArrayList;
import java.util.List;

/**
 * The next interrupt comes at one position, in an order that covers the window evenly from the first run on: the bits of 1, 2, 3, ... reversed
 * are the parts of it (van der Corput's sequence). For a guest that hangs at one of many positions this finds it after as many runs.
 */
final class Spread implements Strategy {
    static final int BATCH = 32;

    private final Executed executed;
    private final int most;
    private int tried;

    /**
     * @param tried positions of the sequence that are left out, from its beginning on
     * @param most  runs in all, with those
     */
    Spread(Executed executed, int tried, int most) {
        this.executed = executed;
        this.tried = tried;
        this.most = most;
    }

    @Override
    public String name() {
        return "spread";
    }

    @Override
    public long most() {
        return most;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> batch = new ArrayList<>();
        while (batch.size() < BATCH && tried < most) {
            long part = Integer.reverse(++tried) >>> 1;
            batch.add(Schedule.interruptAt(executed.positionAt((long) ((double) executed.codeBytes() * part / (1L << 31)))));
        }
        return batch;
    }
}
