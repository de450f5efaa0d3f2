package trapframe.explore;

/** The run to which nothing comes ends without having come to a place where a window was to begin or end. */
public final class PlaceMissed extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final transient Point place;

    PlaceMissed(Point place, long end) {
        super("the run without interrupts does not come to " + place.text() + " before it ends, at position " + end);
        this.place = place;
    }

    public Point place() {
        return place;
    }
}
