package trapframe.diagnose.why;

/**
 * Something that somebody did in the run.
 *
 * @param position    the clock's, before the instruction
 * @param nanos       the virtual time there
 * @param instruction that did it, in Intel syntax
 * @param stack       of who did it, before the instruction
 */
public record Event(long position, long nanos, Actor by, String instruction, Stack stack) {
    /** Where in the code. */
    public Place at() {
        return stack.top();
    }
}
