/**
 * Searches the positions at which interrupts and turns of CPUs can come for those at which a guest hangs or fails.
 *
 * <p>A {@link trapframe.explore.Schedule} is what comes to a run, and where. {@link trapframe.explore.BaseRun} is the run to which nothing
 * comes, with a {@link trapframe.explore.Scout} that finds the places by which a window is named; a {@link trapframe.explore.Bench} runs it
 * again with a schedule, from the last checkpoint before it, and judges it. What is tried, and in which order, is a
 * {@link trapframe.explore.Strategy}'s.
 */
package trapframe.explore;
