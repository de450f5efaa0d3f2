package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;

/**
 * A loop that a CPU goes round in.
 *
 * @param cpu          its number
 * @param at           the first instruction of a round
 * @param instructions how many a round has
 * @param dead         whether a round leaves all registers as they were
 * @param since        the first position of the run from which on the CPU does nothing else, interrupts aside; empty where that was not
 *                     found
 * @param loads        of a round from memory, but for those of its own stack
 * @param awaited      the one that decides whether the loop goes on, if that can be told and is no read of a device
 * @param polled       the read of a device that decides, if it is one
 */
public record Spin(int cpu, Place at, int instructions, boolean dead, Optional<Long> since, List<Load> loads, Optional<Load> awaited,
                   Optional<RegisterRead> polled) { }
