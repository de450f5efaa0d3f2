package trapframe.explore;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Looks for texts in what a guest shows, and keeps the end of it. It goes back with its machine. */
final class ConsoleWatch {
    /** Characters that are kept, for reports. */
    private static final int KEPT = 400;

    enum Sight { UNTIL, FAIL }

    /** @param shown characters in all */
    record State(String tail, long shown, Optional<Sight> seen) { }

    private final Optional<String> until;
    private final Optional<String> fail;
    private final int kept;
    private final StringBuilder tail = new StringBuilder();
    private long shown;
    private Optional<Sight> seen = Optional.empty();

    /** @param until as bytes of UTF-8, as {@code fail} */
    ConsoleWatch(Optional<String> until, Optional<String> fail) {
        this.until = until.map(ConsoleWatch::bytes);
        this.fail = fail.map(ConsoleWatch::bytes);
        kept = Math.max(KEPT, Math.max(this.until.map(String::length).orElse(0), this.fail.map(String::length).orElse(0)));
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** @return whether the text that ends the run was just seen */
    boolean show(int value) {
        shown++;
        tail.append((char) (value & 0xff));
        if (tail.length() > 2 * kept) {
            tail.delete(0, tail.length() - kept);
        }
        if (seen.isEmpty()) {
            seen = endsWith(fail) ? Optional.of(Sight.FAIL) : endsWith(until) ? Optional.of(Sight.UNTIL) : Optional.empty();
            return seen.isPresent();
        }
        return false;
    }

    private boolean endsWith(Optional<String> text) {
        return text.isPresent() && tail.length() >= text.get().length()
                && tail.indexOf(text.get(), tail.length() - text.get().length()) >= 0;
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
        return new State(tail.toString(), shown, seen);
    }

    void restore(State state) {
        tail.setLength(0);
        tail.append(state.tail);
        shown = state.shown;
        seen = state.seen;
    }
}
