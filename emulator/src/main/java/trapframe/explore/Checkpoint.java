package trapframe.explore;

import trapframe.machine.Snapshot;

/**
 * A place of a run that benches go on from.
 *
 * @param times how often the run came to its {@link Subject#come} before
 */
record Checkpoint(Snapshot snapshot, ConsoleWatch.State console, int times) {
    long position() {
        return snapshot.position();
    }
}
