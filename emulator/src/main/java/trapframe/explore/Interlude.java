package trapframe.explore;

import java.util.Optional;
import trapframe.machine.StopReason;
import trapframe.memory.GuestMemory;

/**
 * What a machine does from an interrupt on until the interrupted code goes on: the handler, and all tasks that run before.
 *
 * @param footprint the RAM that it uses, but for the stack below the interrupted code's pointer, which is dead when that goes on
 * @param lowest    the lowest stack pointer, linear, of the stack that the interrupt came on
 */
record Interlude(Footprint footprint, long lowest) {
    /**
     * Lets the next interrupt come where a bench is, and watches until the interrupted code goes on.
     *
     * @return empty if there is none: see {@link #pass}
     */
    static Optional<Interlude> of(Bench bench, FootprintWatch watch) {
        watch.begin();
        return pass(bench).map(interrupted -> {
            DeadStack dead = interrupted.deadStack();
            return new Interlude(watch.footprint().without(word -> dead.has(word & -Cells.BYTES)), interrupted.lowest());
        });
    }

    /**
     * Lets the next interrupt come where a bench is, and what runs because of it, until the interrupted code goes on.
     *
     * @return what was interrupted; empty if nothing can be, or it does not go on soon enough, or finds other registers than it had
     */
    static Optional<Interrupted> pass(Bench bench) {
        Interrupted interrupted = new Interrupted(bench);
        CpuStates before = CpuStates.of(bench.machine());
        boolean over = bench.apply(new Schedule.Action.Interrupt()) && interrupted.isRequested()
                && interrupted.comeBack(Long.MAX_VALUE) instanceof StopReason.Returned && CpuStates.of(bench.machine()).isSame(before);
        return over ? Optional.of(interrupted) : Optional.empty();
    }

    /**
     * Whether it does not matter on which side of some instructions the interrupt comes: neither notices the other, and the stack reaches into the
     * same pages.
     */
    boolean isIndependentOf(Stretches.Stretch stretch) {
        return !stretch.isApart() && page(lowest) == page(lowest + stretch.moves()) && !footprint.conflictsWith(stretch.footprint());
    }

    private static long page(long linear) {
        return linear & -GuestMemory.PAGE_SIZE;
    }
}
