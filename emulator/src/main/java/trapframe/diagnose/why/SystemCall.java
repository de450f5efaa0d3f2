package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;

/**
 * A call of a program that the kernel has not answered.
 *
 * @param number    of the call
 * @param name      the kernel's, if it is known
 * @param arguments as many as the kernel's description has registers for
 */
public record SystemCall(long number, Optional<String> name, List<Long> arguments) {
    public SystemCall {
        arguments = List.copyOf(arguments);
    }
}
