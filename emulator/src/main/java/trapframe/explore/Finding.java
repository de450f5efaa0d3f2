package trapframe.explore;

import java.util.List;

/**
 * A fault that a search found.
 *
 * @param schedule the least one that shows it
 * @param outcome  what comes of that
 * @param shown    the schedules of all runs that showed it, as they were tried
 */
public record Finding(Cause cause, Schedule schedule, Outcome.Finding outcome, List<Schedule> shown) { }
