package trapframe.symbols.tasks;

import java.util.Optional;

/**
 * Something that the kernel has a limited number of, and counts.
 *
 * @param name  what it is called
 * @param used  an expression of the number in use
 * @param limit an expression of the most there can be
 */
public record Pool(String name, String used, Optional<String> limit) { }
