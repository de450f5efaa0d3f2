package trapframe.symbols.tasks;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import trapframe.symbols.Frame;

/**
 * A task of the guest's kernel.
 *
 * @param address  of its structure
 * @param id       its number
 * @param name     in characters that can be shown
 * @param state    by the kernel's name
 * @param activity what the state means
 * @param cpu      where it is the current task
 * @param saved    where it goes on; empty where it runs, and where its structure does not lead to registers
 * @param waitsFor what it waits for
 */
public record Task(long address, OptionalLong id, String name, String state, Activity activity, OptionalInt cpu, Optional<Frame> saved,
                   Optional<Wait> waitsFor) {
    /** What a state means for the scheduler. */
    public enum Activity { READY, RUNNING, BLOCKED, EXITED }

    /** As people write it. */
    @Override
    public String toString() {
        return "task " + (id.isPresent() ? id.getAsLong() + " " : "") + "(" + name + ")";
    }
}
