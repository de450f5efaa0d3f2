package trapframe.explore;

import java.util.List;
import java.util.Map;

/**
 * What a search did.
 *
 * @param base     how the run without interrupts ends
 * @param baseEnd  and where
 * @param usual    the position by which each run should have ended
 * @param limit    the position at which one was given up
 * @param strategy by which was searched
 * @param runs     how many runs there were
 * @param cut      how many of them were cut off
 * @param stoodFor places that were not tried, since they end as one that was
 * @param outcomes how many of each kind, by its name
 * @param findings the faults, in the order in which they were found
 * @param trials   all runs, in the order in which they were tried
 * @param complete whether the strategy tried all that it would
 */
public record Report(Outcome base, long baseEnd, long usual, long limit, Window window, String strategy, long runs, long cut, long stoodFor,
                     Map<String, Long> outcomes, List<Finding> findings, List<Trial> trials, boolean complete) { }
