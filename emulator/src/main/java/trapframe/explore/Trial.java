package trapframe.explore;

/**
 * One run of a search.
 *
 * @param schedule what came, with stalls by their lengths
 * @param cut      whether the run was cut off, since one before it had come to the same state, and to this outcome
 */
public record Trial(Schedule schedule, Outcome outcome, boolean cut) { }
