package trapframe.diagnose.why;

import java.util.Optional;

/**
 * A call that made the kernel give up.
 *
 * @param function that found something wrong
 * @param argument its first one (RDI)
 * @param call     of it, before its first instruction
 * @param earlier  the last call before of the same function with the same argument; empty if there was none, or it is no address
 */
public record Failure(String function, long argument, Event call, Optional<Event> earlier) { }
