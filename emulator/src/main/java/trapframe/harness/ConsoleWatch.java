package trapframe.harness;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import trapframe.console.TextMatcher;

/** Looks for what a {@link Goal} wants of the console, byte by byte from a place on. */
final class ConsoleWatch {
    /** Of a longer line only the end is looked at, so that a guest that never ends one costs no more than others. */
    private static final int MOST_OF_A_LINE = 4096;

    private final Transcript transcript;
    private final Goal goal;
    private final TextMatcher text;
    /** The first byte that belongs to the goal. */
    private final int from;
    /** Whether the line that comes is a whole one: the rest of a line that was begun before is none. */
    private boolean isLine;
    private int seen;
    private Outcome outcome;

    /** @param from the first byte that may belong to what is looked for */
    ConsoleWatch(Transcript transcript, Goal goal, int from) {
        this.transcript = transcript;
        this.goal = goal;
        this.from = from;
        isLine = from == 0 || transcript.at(from - 1) == '\n';
        text = goal instanceof Goal.Shows shows ? new TextMatcher(shows.text()) : null;
        seen = from;
        look();
    }

    /** Looks at the bytes that came since the last look. */
    void look() {
        while (seen < transcript.length() && outcome == null) {
            seen++;
            outcome = lookAtByteBefore(seen);
        }
    }

    private Outcome lookAtByteBefore(int end) {
        boolean lineEnds = transcript.at(end - 1) == '\n';
        return switch (goal) {
            case Goal.Shows shows when text.accept(transcript.at(end - 1)) -> new Outcome.Reached(shows.text());
            case Goal.ShowsLine _ when lineEnds && !isLine -> {
                isLine = true;
                yield null;
            }
            case Goal.ShowsLine(String line) when lineEnds -> {
                String shown = line(end, true);
                yield shown.equals(line) ? new Outcome.Reached(line) : new Outcome.OtherLine(shown);
            }
            case Goal.Matches(Pattern pattern) -> match(pattern, end, lineEnds);
            default -> null;
        };
    }

    private Outcome match(Pattern pattern, int end, boolean finished) {
        Matcher matcher = pattern.matcher(line(end, finished));
        return matcher.find() && (finished || !matcher.hitEnd()) ? new Outcome.Reached(matcher.group()) : null;
    }

    /** The line, or what there is of it, up to a byte, as far as it is not before the place where the watch began. */
    private String line(int end, boolean finished) {
        int to = finished ? end - 1 : end;
        if (finished && to > from && transcript.at(to - 1) == '\r') {
            to--;
        }
        return transcript.text(Math.max(Math.max(from, end - MOST_OF_A_LINE), transcript.lineStart(end - 1, MOST_OF_A_LINE)), to);
    }

    /** What came of the goal, once it is known. */
    Optional<Outcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /** Behind what belongs to the goal, or behind all that was looked at. */
    int end() {
        return seen;
    }
}
