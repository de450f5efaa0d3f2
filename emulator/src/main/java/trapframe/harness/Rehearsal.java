package trapframe.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.machine.Machine;

/**
 * How a run went from goal to goal, with places on its way. Runs that do the same from its beginning on, until something comes to them, are
 * taken from place to place, and need not run there.
 */
final class Rehearsal {
    /** Places are left behind each other by this part of the way so far, so that a long way has not many more than a short one. */
    private static final int PARTS = 64;

    /**
     * A goal that was run to.
     *
     * @param goal   in words
     * @param places on the way, at marks: machines go on from there exactly as the run did
     */
    record Call(String goal, Outcome outcome, Fork end, List<Fork> places) {
        /** The last place of the call that is not behind a position, if there is one. */
        Optional<Fork> before(long position) {
            return places.stream().filter(place -> place.snapshot().position() <= position).reduce((one, later) -> later);
        }
    }

    private final Fork begin;
    private final List<Call> calls = new ArrayList<>();
    private List<Fork> places = new ArrayList<>();
    private boolean over;
    private int next;

    Rehearsal(Fork begin) {
        this.begin = begin;
    }

    Fork begin() {
        return begin;
    }

    /** Whether a run is kept that goes on. */
    boolean isOn() {
        return !over;
    }

    /** Whether the run that goes on is to leave a place here, at a mark. */
    boolean wantsPlace(long position) {
        long last = (places.isEmpty() ? calls.isEmpty() ? begin : calls.getLast().end() : places.getLast()).snapshot().position();
        return isOn() && position - last >= Math.max(Machine.MARK, (position - begin.snapshot().position()) / PARTS);
    }

    void passes(Fork place) {
        places.add(place);
    }

    void reaches(Goal goal, Outcome outcome, Fork end) {
        calls.add(new Call(goal.words(), outcome, end, places));
        places = new ArrayList<>();
    }

    /** The run is over; another one begins. */
    void begins() {
        over = true;
        next = 0;
    }

    /** The run that goes on is not the rehearsed one any more. */
    void leave() {
        next = calls.size();
    }

    /**
     * The call that comes next, of a run that is still the rehearsed one; empty for others.
     *
     * @throws IllegalStateException if that had another goal
     */
    Optional<Call> next(Goal goal) {
        if (isOn() || next == calls.size()) {
            return Optional.empty();
        }
        Call call = calls.get(next++);
        if (!call.goal().equals(goal.words())) {
            throw new IllegalStateException("what is done again must be the same each time: the guest is to " + goal.words() + ", and was to "
                    + call.goal() + " before");
        }
        return Optional.of(call);
    }
}
