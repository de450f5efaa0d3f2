package trapframe.symbols.tasks;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which member tells what a task waits for.
 *
 * @param states in which it does
 * @param named  for {@link Kind#IN}: the member of what the field points to that is its name
 */
record WaitRule(Set<String> states, Kind kind, List<String> field, Optional<List<String>> named) {
    /** What the field holds. */
    enum Kind {
        /** The address of what it waits in. */
        IN,
        /** A time. */
        UNTIL,
        /** The task that it waits for. */
        TASK,
        /** Of another task: who waits for its end. */
        EXIT
    }
}
