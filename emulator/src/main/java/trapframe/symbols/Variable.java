package trapframe.symbols;

import java.util.Optional;

/**
 * A variable that has one place in memory as long as the kernel runs.
 *
 * @param file   the source file of the unit that it is defined in, if that is known
 * @param global whether it is known outside of that file
 */
public record Variable(String name, TypeReference type, long address, Optional<String> file, boolean global) {
}
