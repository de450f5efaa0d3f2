package trapframe.diagnose.why;

import java.util.Optional;

/**
 * Interrupts that came while others of their kind were handled.
 *
 * @param cpu       on whose stack they are
 * @param levels    how many
 * @param handler   the function that was interrupted most often
 * @param times     how often
 * @param innermost the last one of those that could be found in the run
 */
public record Nesting(int cpu, int levels, String handler, int times, Optional<Delivery> innermost) { }
