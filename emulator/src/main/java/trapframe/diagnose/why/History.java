package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import trapframe.capstone.DecodedInstruction;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.machine.Machine;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;

/** Goes back in the run to what was done to memory. After each question the timeline stands where the answer is. */
final class History {
    /** Accesses that are looked at one by one for one question. */
    private static final int MOST = 200;
    private static final Moment START = Moment.at(0);

    private final Scene scene;

    History(Scene scene) {
        this.scene = scene;
    }

    /**
     * An access to a cell.
     *
     * @param moment      before it
     * @param instruction that makes it; empty if a device does
     * @param before      what the cell holds then
     */
    record Access(Moment moment, int cpu, Optional<DecodedInstruction> instruction, long before) { }

    /** The access to a cell of RAM before a moment that fits; of several, the last one. */
    Optional<Access> last(long physical, int bytes, Watch.Kind kind, Moment before, Predicate<Access> fits) {
        return last(new Watch(physical, bytes, kind), physical, bytes, START, before, _ -> true, fits);
    }

    /** The same behind another moment. */
    Optional<Access> last(long physical, int bytes, Watch.Kind kind, Moment after, Moment before, Predicate<Access> fits) {
        return last(new Watch(physical, bytes, kind), physical, bytes, after, before, _ -> true, fits);
    }

    /** The last write before a moment to more bytes than fit into a number. */
    Optional<Access> lastWrite(long physical, int bytes, Moment before) {
        return last(new Watch(physical, bytes, Watch.Kind.WRITE), physical, Math.min(bytes, Long.BYTES), START, before, _ -> true, _ -> true);
    }

    /** The last write before a moment that made a cell what it is then. */
    Optional<Access> lastChange(long physical, int bytes, Moment before) {
        scene.timeline().goTo(before);
        long value = scene.number(physical, bytes);
        long[] previous = {~value};
        // Many writes may bring nothing new, as those of who tries to take a lock again and again.
        Predicate<Machine> brings = _ -> {
            long now = scene.number(physical, bytes);
            boolean changed = now != previous[0];
            previous[0] = now;
            return changed;
        };
        return last(new Watch(physical, bytes, Watch.Kind.WRITE), physical, bytes, START, before, brings, access -> access.before() != value);
    }

    private Optional<Access> last(Watch watch, long physical, int bytes, Moment after, Moment before, Predicate<Machine> condition,
            Predicate<Access> fits) {
        scene.timeline().goTo(before);
        Observation wanted = new Observation(new long[0], List.of(watch), false);
        try {
            for (int i = 0; i < MOST; i++) {
                // Whoever judged the last access may have looked for others.
                scene.timeline().observe(wanted, condition);
                if (!(scene.timeline().runBack(after) instanceof Stop.Watchpoint hit)) {
                    return Optional.empty();
                }
                Access access = new Access(scene.timeline().now(), hit.cpu(), scene.instruction(scene.cpu(hit.cpu())),
                        scene.number(physical, bytes));
                if (fits.test(access)) {
                    return Optional.of(access);
                }
            }
            return Optional.empty();
        } finally {
            Moment found = scene.timeline().now();
            scene.timeline().observe(Observation.NONE);
            scene.timeline().goTo(found);
        }
    }

    /** Hears of accesses, in the order in which they happen. */
    interface Listener {
        /** @param watch that was hit; the timeline stands behind the access */
        void accessed(Watch watch, int cpu);
    }

    /** Goes from one moment to another, and tells of the accesses on the way. */
    void between(Moment from, Moment to, List<Watch> watches, Listener listener) {
        scene.timeline().goTo(from);
        scene.timeline().observe(new Observation(new long[0], watches, false));
        while (scene.timeline().now().compareTo(to) < 0 && scene.timeline().run(to.position()) instanceof Stop.Watchpoint hit) {
            listener.accessed(hit.watch(), hit.cpu());
        }
        scene.timeline().observe(Observation.NONE);
    }

    /** The last time before a moment at which an instruction is next, and something holds there. */
    Optional<Moment> lastAt(long linear, Moment before, Predicate<Machine> condition) {
        return lastAt(new long[] {linear}, before, condition);
    }

    /** The last time before a moment at which one of some instructions is next, and something holds there; the timeline stands there. */
    Optional<Moment> lastAt(long[] linear, Moment before, Predicate<Machine> condition) {
        scene.timeline().goTo(before);
        scene.timeline().observe(new Observation(linear, List.of(), false), condition);
        boolean found = scene.timeline().runBack() instanceof Stop.Breakpoint;
        Moment there = scene.timeline().now();
        scene.timeline().observe(Observation.NONE);
        return found ? Optional.of(there) : Optional.empty();
    }
}
