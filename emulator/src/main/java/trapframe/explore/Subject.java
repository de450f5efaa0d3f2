package trapframe.explore;

import java.util.Optional;
import java.util.OptionalLong;
import trapframe.timeline.RunDescription;

/**
 * What is explored: a run, and what it has to do.
 *
 * @param run    the machine and all that it is given
 * @param opener of machines for it
 * @param until  what the console shows when it did it; besides, success on the debug-exit port, power-off and reset are good ends
 * @param fail   what the console shows when it failed
 * @param limit  the position by which it has to end; empty: half as long again as the run without interrupts, and 100 ms
 */
public record Subject(RunDescription run, RunDescription.Opener opener, Optional<String> until, Optional<String> fail, OptionalLong limit) { }
