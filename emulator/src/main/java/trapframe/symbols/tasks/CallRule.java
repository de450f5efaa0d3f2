package trapframe.symbols.tasks;

import java.util.List;
import java.util.Optional;

/**
 * How programs call the kernel.
 *
 * @param registers the number's, and those of the arguments, in order
 * @param named     the enumeration that has the names of the numbers
 */
public record CallRule(List<String> registers, Optional<String> named) { }
