package trapframe.explore;

import java.util.List;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;

/**
 * The state of a run that was interrupted, came back, and went on to where the next one is interrupted; and whether that next one, back from its
 * interrupt, is in the same state. If so, it does not matter on which side of the instructions between the two the interrupt comes: they do
 * nothing that its handler, and whoever ran before it came back, could notice, nor the other way round. From there on both runs are the same but
 * for time: the second one is earlier, by those instructions.
 *
 * <p>The same are all registers, all devices with all that they will do by themselves, what the console showed, and RAM but for dead stack and
 * for copies of the interrupted address: kernels that log what they do keep those, each run its own.
 */
final class Resumed {
    private final Bench bench;
    private final Checkpoint checkpoint;
    private final CpuSnapshot registers;
    private final List<Machine.DeviceState> devices;
    private final List<Long> deadlines;
    private final long interruptedAt;

    /**
     * The state that a bench of one CPU is in now.
     *
     * @param interrupted where it was interrupted
     */
    Resumed(Bench bench, Interrupted interrupted) {
        this.bench = bench;
        interruptedAt = interrupted.address();
        Machine machine = bench.machine();
        checkpoint = bench.checkpoint();
        registers = machine.cpus().getFirst().snapshot();
        devices = machine.deviceStates();
        deadlines = machine.deadlines();
    }

    /**
     * Whether the bench is in this state again.
     *
     * @param before      where this run was interrupted
     * @param interrupted the interrupt that is over
     */
    boolean isSame(Checkpoint before, Interrupted interrupted) {
        Machine machine = bench.machine();
        return machine.cpus().getFirst().snapshot().isSame(registers) && machine.deadlines().equals(deadlines)
                && bench.console().shown() == checkpoint.console().shown() && machine.deviceStates().equals(devices)
                && isRamSame(before, interrupted);
    }

    private boolean isRamSame(Checkpoint before, Interrupted interrupted) {
        PageCheck check = new PageCheck(interrupted);
        bench.machine().ram().forEachWritten(check::look);
        before.snapshot().ram().forEachDifference(checkpoint.snapshot().ram(), check::look);
        return check.same;
    }

    private final class PageCheck {
        private final long address;
        private final DeadStack dead;
        private boolean same = true;

        PageCheck(Interrupted interrupted) {
            address = interrupted.address();
            dead = interrupted.deadStack();
        }

        void look(int page) {
            same = same && Cells.forEachDifference(bench.machine().ram(), checkpoint.snapshot().ram(), page,
                    (cell, now, then) -> now == address && then == interruptedAt ? cell + Cells.BYTES : dead.endAt(cell));
        }
    }
}
