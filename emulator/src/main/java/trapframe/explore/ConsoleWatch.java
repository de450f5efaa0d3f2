package trapframe.explore;

import java.util.Optional;
import trapframe.console.TextMatcher;

/** Looks for texts in what a guest shows, and keeps the end of it. It goes back with its machine. */
final class ConsoleWatch {
    /** Characters that are kept, for reports. */
    private static final int KEPT = 400;

    enum Sight { UNTIL, FAIL }

    /**
     * @param shown        characters in all
     * @param untilMatched how much of the text that is waited for was shown last
     * @param failMatched  how much of the text that means failure was shown last
     */
    record State(String tail, long shown, Optional<Sight> seen, int untilMatched, int failMatched) { }

    private final Optional<TextMatcher> until;
    private final Optional<TextMatcher> fail;
    private final StringBuilder tail = new StringBuilder();
    private long shown;
    private Optional<Sight> seen = Optional.empty();

    ConsoleWatch(Optional<String> until, Optional<String> fail) {
        this.until = until.map(TextMatcher::new);
        this.fail = fail.map(TextMatcher::new);
    }

    /** @return whether a text that ends the run was just seen for the first time */
    boolean show(int value) {
        shown++;
        tail.append((char) (value & 0xff));
        if (tail.length() > 2 * KEPT) {
            tail.delete(0, tail.length() - KEPT);
        }
        boolean failed = fail.isPresent() && fail.get().accept((byte) value);
        boolean reached = until.isPresent() && until.get().accept((byte) value);
        if (seen.isPresent() || !failed && !reached) {
            return false;
        }
        seen = Optional.of(failed ? Sight.FAIL : Sight.UNTIL);
        return true;
    }

    Optional<Sight> seen() {
        return seen;
    }

    long shown() {
        return shown;
    }

    /** The last lines. */
    String last() {
        return tail.substring(Math.max(0, tail.length() - KEPT)).strip();
    }

    State state() {
        return new State(tail.toString(), shown, seen, until.map(TextMatcher::matched).orElse(0), fail.map(TextMatcher::matched).orElse(0));
    }

    void restore(State state) {
        tail.setLength(0);
        tail.append(state.tail);
        shown = state.shown;
        seen = state.seen;
        until.ifPresent(matcher -> matcher.restore(state.untilMatched));
        fail.ifPresent(matcher -> matcher.restore(state.failMatched));
    }
}
