package trapframe.explore;

/**
 * The stretch of the run without interrupts in which a search lets something come.
 *
 * @param from its first position
 * @param to   the position behind its last
 */
public record Window(long from, long to) {
    public Window {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("the window is empty: from position " + from + " to " + to);
        }
    }
}
