package trapframe.explore;

import trapframe.machine.Snapshot;

/** A place of a run that benches go on from. */
record Checkpoint(Snapshot snapshot, ConsoleWatch.State console) {
    long position() {
        return snapshot.position();
    }

    /** Code bytes that were executed up to here: positions less those that passed while all CPUs waited. */
    long executed() {
        return snapshot.position() - snapshot.skipped();
    }
}
