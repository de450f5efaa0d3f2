package trapframe.explore;

/**
 * One run of a search.
 *
 * @param schedule what came, with stalls by their lengths
 */
public record Trial(Schedule schedule, Outcome outcome) { }
