package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import trapframe.explore.Stretches.Stretch;

/**
 * The next interrupt comes at the positions of the window at which one would be taken, but for those where it does what it does at the one before:
 * the instructions between the two and what runs from the interrupt on until it is over do not use the same memory, one of them writing. That is
 * measured at each position that is tried, for what comes there; behind it nothing is tried until an instruction conflicts with that.
 */
final class Reduced implements Strategy {
    /** Positions in a row that one bench looks at, with the first of which it begins anew. */
    private static final int ROW = 256;
    /** Rows that are looked at before some positions are tried. */
    private static final int ROWS = 16;

    /** @param before positions of the window at which an interrupt would be taken, before this one */
    private record Place(long position, long before) { }

    /**
     * Positions that one bench looks at.
     *
     * @param start     where the run without interrupts is at the first one
     * @param stretches the instructions from each position on
     */
    private record Row(Checkpoint start, List<Stretch> stretches) { }

    private final Explorer explorer;
    private final int batch;
    private final WatchedBench whole;
    private final Stretches stretches;
    private final List<WatchedBench> benches;
    /** To be tried, also those that were. */
    private final List<Place> places = new ArrayList<>();
    /** How many of them were given to be tried. */
    private int given;
    private long looked;
    private boolean over;

    /** @param batch positions that are tried before some more are looked at */
    Reduced(Explorer explorer, BaseRun base, Window window, int batch) {
        this.explorer = explorer;
        this.batch = batch;
        whole = new WatchedBench(explorer.another());
        whole.bench().begin(base, window);
        stretches = new Stretches(whole, window.to());
        benches = explorer.watched();
    }

    @Override
    public String name() {
        return "footprint";
    }

    @Override
    public long most() {
        return over ? places.size() : Long.MAX_VALUE;
    }

    @Override
    public long stoodFor(long tried) {
        return (tried < places.size() ? places.get((int) tried).before : looked) - tried;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        while (!over && places.size() - given < batch) {
            look();
        }
        List<Place> next = places.subList(given, Math.min(given + batch, places.size()));
        given += next.size();
        return next.stream().map(place -> Schedule.interruptAt(place.position)).toList();
    }

    /** Finds out at which of the next positions something has to be tried. */
    private void look() {
        List<Row> rows = new ArrayList<>();
        while (!over && rows.size() < ROWS) {
            Checkpoint start = whole.bench().checkpoint();
            List<Stretch> row = stretches.next(ROW);
            rows.add(new Row(start, row));
            over = row.size() < ROW;
        }
        List<boolean[]> chosen = explorer.share(benches, rows.size(), (watched, row) -> watched.choose(rows.get(row).stretches, rows.get(row).start));
        for (int i = 0; i < rows.size(); i++) {
            for (int k = 0; k < chosen.get(i).length; k++) {
                if (chosen.get(i)[k]) {
                    places.add(new Place(rows.get(i).stretches.get(k).position(), looked + k));
                }
            }
            looked += chosen.get(i).length;
        }
    }
}
