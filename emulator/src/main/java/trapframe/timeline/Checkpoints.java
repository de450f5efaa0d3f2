package trapframe.timeline;

import java.util.Map;
import java.util.TreeMap;
import trapframe.machine.Machine;
import trapframe.machine.Snapshot;
import trapframe.memory.GuestMemory;
import trapframe.memory.RamImage;

/**
 * Snapshots of a run by position, from which every moment behind them can be got to. Each but the first is of a mark
 * ({@link Machine#MARK}), where a restored machine has the TLBs that it had. They share the pages that are the same, and count for those that
 * differ from the one before. When they are too many, those go that are missed least: far from where the user is, with others nearby.
 */
final class Checkpoints {
    /** What a snapshot takes besides pages, roughly: devices, processors, tables. */
    private static final long OVERHEAD = 64 << 10;

    /** @param next how many of the inputs are behind */
    record Checkpoint(Snapshot snapshot, int next) {
        long position() {
            return snapshot.position();
        }

        Moment moment() {
            return Moment.at(snapshot.position());
        }
    }

    private record Kept(Checkpoint checkpoint, long bytes) { }

    private final TreeMap<Long, Kept> kept = new TreeMap<>();
    private final long budget;
    private long bytes;

    /** @param budget bytes that they may take together, about */
    Checkpoints(Checkpoint first, long budget) {
        this.budget = budget;
        kept.put(first.position(), new Kept(first, 0));
    }

    Checkpoint first() {
        return kept.firstEntry().getValue().checkpoint;
    }

    /** The last one at or before a position, which is not before the first. */
    Checkpoint atOrBefore(long position) {
        return kept.floorEntry(position).getValue().checkpoint;
    }

    /** The last one before a moment, which is behind the first. */
    Checkpoint before(Moment moment) {
        Checkpoint last = atOrBefore(moment.position());
        return last.moment().isBefore(moment) ? last : kept.lowerEntry(moment.position()).getValue().checkpoint;
    }

    int count() {
        return kept.size();
    }

    long bytes() {
        return bytes;
    }

    /** Adds one at the user's position, or replaces the one there. */
    void add(Checkpoint checkpoint) {
        if (checkpoint.position() == first().position()) {
            return;
        }
        remove(checkpoint.position());
        put(checkpoint);
        Map.Entry<Long, Kept> above = kept.higherEntry(checkpoint.position());
        if (above != null) {
            weighAgain(above.getValue().checkpoint);
        }
        while (bytes > budget && kept.size() > 2) {
            remove(leastMissed(checkpoint.position()));
        }
    }

    /** Forgets all behind a position. */
    void forgetAfter(long position) {
        while (kept.size() > 1 && kept.lastKey() > position) {
            remove(kept.lastKey());
        }
    }

    private void put(Checkpoint checkpoint) {
        RamImage before = kept.lowerEntry(checkpoint.position()).getValue().checkpoint.snapshot().ram();
        long[] pages = new long[1];
        before.forEachDifference(checkpoint.snapshot().ram(), page -> pages[0]++);
        Kept weighed = new Kept(checkpoint, OVERHEAD + pages[0] * GuestMemory.PAGE_SIZE);
        kept.put(checkpoint.position(), weighed);
        bytes += weighed.bytes;
    }

    private void weighAgain(Checkpoint checkpoint) {
        bytes -= kept.get(checkpoint.position()).bytes;
        put(checkpoint);
    }

    private void remove(long position) {
        Kept removed = kept.remove(position);
        if (removed != null) {
            bytes -= removed.bytes;
            Map.Entry<Long, Kept> above = kept.higherEntry(position);
            if (above != null) {
                weighAgain(above.getValue().checkpoint);
            }
        }
    }

    /** The one without which the stretch to run again grows least, compared with how far away from the user it is. */
    private long leastMissed(long user) {
        long least = -1;
        double leastGap = Double.MAX_VALUE;
        for (long position : kept.keySet()) {
            Long below = kept.lowerKey(position);
            if (below != null) {
                Long above = kept.higherKey(position);
                double gap = ((above == null ? position : above) - below) / (double) (Math.abs(user - position) + Machine.MARK);
                if (position != user && gap < leastGap) {
                    least = position;
                    leastGap = gap;
                }
            }
        }
        return least;
    }
}
