package trapframe.symbols.tasks;

import java.util.Optional;

/** What a task waits for, as far as its own structure tells. */
public sealed interface Wait {
    /**
     * For somebody to wake those that wait at an address: a wait queue, or whatever the kernel takes for one.
     *
     * @param name what the kernel calls it
     */
    record In(long address, Optional<String> name) implements Wait { }

    /** For a time, in the kernel's own units. */
    record Until(long time) implements Wait { }

    /** For what another task does, by the address of its structure. */
    record ForTask(long task) implements Wait { }

    /** For the end of another task, by the address of its structure. */
    record Exit(long task) implements Wait { }
}
