package trapframe.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import trapframe.cpu.PageWalker.TableEntry;
import trapframe.memory.GuestMemory;

/**
 * By which page-table entries the entries of a TLB were found, so that it can be told which of them are still right where RAM changed behind the
 * guest's back, as by a restore. It may know more entries than the TLB has, and none less.
 */
final class TlbOrigins {
    /** More are not worth the look. */
    private static final int MOST = 1024;

    private record Origin(long page, List<TableEntry> path) {
        boolean isRight(GuestMemory ram) {
            for (TableEntry entry : path) {
                if (!entry.isIn(ram)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Origin> origins = new ArrayList<>();
    private boolean following;

    /** The TLB is empty, and followed from here on. */
    void follow() {
        origins.clear();
        following = true;
    }

    /** The TLB is not followed any more. */
    void end() {
        origins.clear();
        following = false;
    }

    /** The TLB is empty. */
    void emptied() {
        origins.clear();
    }

    /** Whether all entries of the TLB are known. */
    boolean isFollowing() {
        return following;
    }

    /** A page is entered in the TLB, which was found by a path through the tables. */
    void entered(long page, List<TableEntry> path) {
        origins.add(new Origin(page, path));
        if (origins.size() > MOST) {
            end();
        }
    }

    /** Has those entries dropped whose path is not in RAM any more. */
    void dropWrong(GuestMemory ram, LongConsumer drop) {
        origins.removeIf(origin -> {
            boolean wrong = !origin.isRight(ram);
            if (wrong) {
                drop.accept(origin.page());
            }
            return wrong;
        });
    }
}
