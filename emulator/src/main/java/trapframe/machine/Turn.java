package trapframe.machine;

/**
 * A CPU's turn: it runs until the first boundary, from a position on, that was reached by a jump (a branch that was taken,
 * an interrupt), and at the latest until the first boundary from a second position on. A turn that ends at exactly one
 * position, with both the same, costs single steps at its end.
 *
 * @param cpu    whose turn it is, by number
 * @param end    the turn ends at the first boundary at or after this position that was reached by a jump
 * @param latest and at the latest at the first boundary at or after this one
 */
public record Turn(int cpu, long end, long latest) {
    /** A turn that lasts until the CPU has nothing more to do, or its policy ends it. */
    public static Turn endless(int cpu) {
        return new Turn(cpu, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    public boolean isEndless() {
        return end == Long.MAX_VALUE;
    }
}
