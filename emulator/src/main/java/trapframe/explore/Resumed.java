package trapframe.explore;

import trapframe.machine.Machine;

/**
 * The state of a run that was interrupted, came back, and went on to where the next one is interrupted; and whether that next one, back from its
 * interrupt, is in the same state. If so, it does not matter on which side of the instructions between the two the interrupt comes: they do
 * nothing that its handler, and whoever ran before it came back, could notice, nor the other way round. From there on both runs are the same but
 * for time: the second one is earlier, by those instructions.
 *
 * <p>The same are all CPUs' registers, and whose turn it is (with several CPUs: that one of them runs, and all others wait), all devices with all that they will do by themselves, what the console showed, and RAM but for dead stack and
 * for copies of the interrupted address, of the stack pointer there, and of pointers into the dead stack: kernels that log what they do, or keep
 * the stack pointers of tasks that wait, have those, each run its own.
 */
final class Resumed {
    private final Bench bench;
    private final Checkpoint checkpoint;
    private final CpuStates cpus;
    private final Interrupted interrupted;

    /**
     * The state that a bench is in now.
     *
     * @param interrupted where it was interrupted
     */
    Resumed(Bench bench, Interrupted interrupted) {
        this.bench = bench;
        this.interrupted = interrupted;
        checkpoint = bench.checkpoint();
        cpus = CpuStates.of(bench.machine());
    }

    /**
     * Whether the bench is in this state again.
     *
     * @param now the interrupt that is over
     */
    boolean isSame(Interrupted now) {
        Machine machine = bench.machine();
        return CpuStates.of(machine).isSame(cpus) && machine.deadlines().equals(checkpoint.snapshot().deadlines())
                && bench.console().shown() == checkpoint.console().shown() && isRamSame(now) && machine.hasDevicesOf(checkpoint.snapshot());
    }

    private boolean isRamSame(Interrupted now) {
        PageCheck check = new PageCheck(now);
        bench.machine().ram().relateTo(checkpoint.snapshot().ram());
        bench.machine().ram().forEachWritten(check::look);
        return check.same;
    }

    private final class PageCheck {
        private final Interrupted here;
        private final DeadStack dead;
        private boolean same = true;

        PageCheck(Interrupted here) {
            this.here = here;
            dead = here.deadStack();
        }

        void look(int page) {
            same = same && Cells.forEachDifference(bench.machine().ram(), checkpoint.snapshot().ram(), page,
                    (cell, now, then) -> here.isAlike(now, interrupted, then) ? cell + Cells.BYTES : dead.endAt(cell));
        }
    }
}
