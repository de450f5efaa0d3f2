package trapframe.diagnose;

import java.util.Optional;

/**
 * Something that changes in the hang, and on which nothing depends that the proof is about: a counter of ticks, and what only it feeds.
 *
 * @param name of the register; for memory its address
 * @param cell the memory, if it is that
 * @param why  it was left out of the comparison
 */
public record Masked(String name, Optional<Cell> cell, String why) { }
