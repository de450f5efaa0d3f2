package trapframe.diagnose.why;

import java.util.Optional;

/**
 * An interrupt that its controller has in service although its handler has ended: none of its kind, nor of lower priority, will come any more.
 *
 * @param controller which one, as people call it
 * @param vector     of the interrupt
 * @param taken      the last time that it was taken
 * @param left       the position at which its handler went back to what was interrupted
 * @param branch     the first instruction of a function that leads to the end of interrupt that went another way than when the interrupt
 *                   was acknowledged
 * @param usual      the last time before that it was acknowledged: where that was done; empty if it never was
 */
public record InService(String controller, int vector, Delivery taken, long left, Optional<Event> branch, Optional<Event> usual) { }
