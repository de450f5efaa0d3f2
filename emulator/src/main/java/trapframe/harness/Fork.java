package trapframe.harness;

import java.util.List;
import trapframe.machine.Snapshot;
import trapframe.timeline.Recording;

/**
 * A guest at a moment, from which others go on. It is immutable.
 *
 * @param transcript what the console showed, not to be changed
 * @param cursor     how much of that was looked at
 * @param inputs     what came to the machine
 * @param passed     the stages behind it
 * @param arrived    whether it was run to the instruction that is next
 */
public record Fork(Snapshot snapshot, Transcript transcript, int cursor, List<Recording.Applied> inputs, List<Stage.Passed> passed,
                   boolean arrived) {
    public Fork {
        inputs = List.copyOf(inputs);
        passed = List.copyOf(passed);
    }
}
