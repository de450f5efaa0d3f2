package trapframe.symbols.tasks;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Where a kernel has its tasks. */
sealed interface TaskTable {
    /** An expression, as {@link trapframe.symbols.KernelSymbols#value} takes it. */
    String expression();

    /** An array of the structures; some may be free. */
    record Array(String expression, OptionalLong count) implements TaskTable { }

    /** An array of pointers to them; some may be null. */
    record Pointers(String expression, OptionalLong count) implements TaskTable { }

    /**
     * Structures that are linked, up to a null pointer or back to the first one.
     *
     * @param expression the first one, or a pointer to it
     * @param next       the link
     * @param inside     the member of the next structure that the link points to; empty if to the structure itself
     */
    record Linked(String expression, List<String> next, Optional<List<String>> inside) implements TaskTable { }
}
