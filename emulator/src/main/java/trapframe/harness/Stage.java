package trapframe.harness;

/**
 * A step of a boot.
 *
 * @param name        of the stage, for people
 * @param types       what is typed at the console when it begins; may be empty
 * @param goal        what the guest does at its end
 * @param budgetNanos how much virtual time it may take
 */
public record Stage(String name, String types, Goal goal, long budgetNanos) {
    /**
     * A stage that was reached.
     *
     * @param nanos how much virtual time it took
     */
    public record Passed(String name, long nanos) { }
}
