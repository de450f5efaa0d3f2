package trapframe.diagnose.why;

import java.util.Optional;
import trapframe.cpu.DoubleFault;

/**
 * Interrupts that came while others of their kind were handled.
 *
 * @param cpu       on whose stack they are
 * @param levels    how many
 * @param handler   the function that was interrupted most often
 * @param times     how often
 * @param innermost the last one of those that could be found in the run
 * @param allowed   how the handler that it interrupted let interrupts in again: the instruction that set IF
 * @param overflow  the double fault that ended it because the stack was used up
 */
public record Nesting(int cpu, int levels, String handler, int times, Optional<Delivery> innermost, Optional<Event> allowed,
                      Optional<DoubleFault> overflow) { }
