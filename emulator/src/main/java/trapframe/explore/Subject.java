package trapframe.explore;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.machine.Snapshot;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Recording;
import trapframe.timeline.RunDescription;

/**
 * What is explored: a run, and what it has to do.
 *
 * @param run    the machine and all that it is given
 * @param opener of machines for it
 * @param until  what the console shows when it did it; besides, success on the debug-exit port, power-off and reset are good ends
 * @param come   the instruction that it has to come to, if that is enough
 * @param fail   what the console shows when it failed
 * @param limit  the position by which it has to end; empty: half as long again as the run without interrupts, and 100 ms
 * @param follow behind its last step a run that goes on for so many positions did what it had to do; it is watched for hangs from there on, and
 *               not only from where it should have ended
 * @param tasks  reads the kernel's tasks, if anything does
 * @param begin  where it begins, if not with its first instruction; runs that are recorded do
 */
public record Subject(RunDescription run, RunDescription.Opener opener, Optional<String> until, Optional<Point.Symbol> come, Optional<String> fail,
                      OptionalLong limit, OptionalLong follow, Optional<TaskReader> tasks, Optional<Begin> begin) {
    /**
     * A place of the run.
     *
     * @param place  at a mark, or where the TLBs are empty
     * @param inputs what comes behind it, in order, as somebody types it
     */
    public record Begin(Snapshot place, List<Recording.Applied> inputs) {
        public Begin {
            inputs = List.copyOf(inputs);
        }
    }

    /** One that has to come to no place, and is run to its end. */
    public Subject(RunDescription run, RunDescription.Opener opener, Optional<String> until, Optional<String> fail, OptionalLong limit,
                   Optional<TaskReader> tasks) {
        this(run, opener, until, Optional.empty(), fail, limit, OptionalLong.empty(), tasks, Optional.empty());
    }

    /** One that need not come to a place. */
    Subject withoutPlace() {
        return new Subject(run, opener, until, Optional.empty(), fail, limit, follow, tasks, begin);
    }

    /** One that has to come to a place, too. */
    public Subject coming(Point.Symbol there) {
        return new Subject(run, opener, until, Optional.of(there), fail, limit, follow, tasks, begin);
    }

    /** One that has to show a text. */
    public Subject showing(String text) {
        return new Subject(run, opener, Optional.of(text), come, fail, limit, follow, tasks, begin);
    }

    /** One that need not end, but go on for so many positions behind the last step. */
    public Subject followed(long positions) {
        return new Subject(run, opener, until, come, fail, limit, OptionalLong.of(positions), tasks, begin);
    }

    /** One that begins at a place of its run. */
    public Subject beginning(Begin place) {
        return new Subject(run, opener, until, come, fail, limit, follow, tasks, Optional.of(place));
    }
}
