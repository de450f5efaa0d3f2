package trapframe.cpu;

import trapframe.unicorn.BlockCounter;

/**
 * Where a CPU's turn ends: at the first boundary from a position on that was reached by a jump, and at the latest at the
 * first one from a second position on. A jump is whatever moved RIP elsewhere than behind the instruction: a branch that was
 * taken, an interrupt, another round of a repeated instruction. So a free run can end its turn where a block ends, without
 * the single steps that an exact position costs, and still at a boundary that depends on nothing but the guest.
 *
 * <p>Whether a boundary was reached by a jump is known wherever it matters: from the first position on.
 */
final class TurnEnd {
    /** The turn between two runs. */
    record State(long position, long latest, boolean jumped) { }

    private long position = Long.MAX_VALUE;
    private long latest = Long.MAX_VALUE;
    private boolean jumped;
    /** Linear address behind what is known to run next. */
    private long behind;

    void set(long newPosition, long newLatest) {
        position = newPosition;
        latest = newLatest;
    }

    State state() {
        return new State(position, latest, jumped);
    }

    void restore(State state) {
        position = state.position;
        latest = state.latest;
        jumped = state.jumped;
    }

    boolean isReached(long at) {
        return at >= latest || at >= position && jumped;
    }

    long latest() {
        return latest;
    }

    /** The last count at which no block needs to be looked at. */
    long lastUnseen() {
        return position - 1;
    }

    /** The CPU goes on at an address. */
    void leave(long linear) {
        jumped = false;
        behind = linear;
    }

    /** The guest got to a boundary by a jump. */
    void jump() {
        jumped = true;
    }

    /** The guest is at the boundary at an address. */
    void arrive(long linear) {
        jumped = linear != behind;
    }

    /** The guest got from one address to the other by an instruction of a number of bytes. */
    void arrive(long from, long bytes, long linear) {
        jumped = linear != from + bytes;
    }

    /** Whether the turn ends at a boundary that the guest got to from the last block that was seen. */
    boolean isReached(long at, long linear) {
        return at >= latest || at >= position && linear != behind;
    }

    /** What is behind the block that runs. */
    void see(BlockCounter counter) {
        behind = counter.blockEnd();
    }

    /** The block that runs is left in its middle, and goes on at an address. */
    void goOnAt(long linear) {
        behind = linear;
    }
}
