package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import trapframe.explore.InTurn.Part;

/**
 * What is tried if nobody says what: what the locks of one good run predict, some places all over the window, then a closer look, and with what is left of
 * the budget more places all over the window. The closer look is at turns of CPUs where there are several; at all places, by footprints, where the window is
 * small enough for that; or none. Which schedule comes when does not depend on the budget.
 */
final class Usual {
    /** Interrupts all over the window that show in seconds what is easy to find. */
    private static final int FIRST = 4 * Spread.BATCH;
    /** Schedules of the closer look, at most. */
    private static final int CLOSER = 512;
    /** Where a place that is tried does not stand for so many more, footprints tell too little. */
    private static final int STANDING = 8;
    /** Code bytes of a window for which the closer look suffices if footprints tell enough. */
    private static final long SMALL = 1 << 19;

    private Usual() { }

    static Strategy of(Subject subject, Explorer explorer, Window window, BaseRun base, int budget) {
        return new InTurn(List.of(Part.whole(() -> LockDirected.of(subject, base, window)), Part.whole(() -> everywhere(subject, explorer, window, base, budget))));
    }

    private static Strategy everywhere(Subject subject, Explorer explorer, Window window, BaseRun base, int budget) {
        Executed executed = Strategies.executed(explorer, base, window);
        List<Part> parts = new ArrayList<>();
        parts.add(Part.upTo(FIRST, () -> new Spread(executed, 0, Math.min(FIRST, budget))));
        if (subject.run().spec().cpus() > 1) {
            parts.add(Part.upTo(CLOSER, () -> new ConflictTurns(explorer, base, window)));
        } else if (executed.codeBytes() <= SMALL) {
            parts.add(new Part(() -> new Reduced(explorer, base, window, Spread.BATCH), CLOSER, STANDING, true));
        }
        parts.add(Part.whole(() -> new Spread(executed, FIRST, budget)));
        return new InTurn(parts);
    }
}
