package trapframe.explore;

import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place in the run without interrupts that a person can name. */
public sealed interface Point {
    /** @param position of the clock */
    record Position(long position) implements Point { }

    /** Where the console has shown a text for the first time. */
    record Text(String text) implements Point { }

    /**
     * Where the instruction at a symbol's address is next.
     *
     * @param hit for the how-manieth time, from 1 on
     */
    record Symbol(String name, int hit) implements Point {
        String words() {
            return name + (hit == 1 ? "" : ", for the time " + hit);
        }

        /**
         * @param addresses of symbols
         * @throws IllegalArgumentException if there is no such symbol
         */
        public Subject.Come come(Function<String, OptionalLong> addresses) {
            return new Subject.Come(words(), addresses.apply(name).orElseThrow(() -> new IllegalArgumentException("no symbol " + name)), hit);
        }
    }

    Pattern SYMBOL = Pattern.compile("symbol:(.+?)(?:#([1-9]\\d{0,8}))?");
    Pattern NUMBER = Pattern.compile("\\d{1,18}");

    /** Reads {@code 204519007}, {@code symbol:NAME}, {@code symbol:NAME#50}; whatever else is a text. */
    static Point parse(String text) {
        Matcher symbol = SYMBOL.matcher(text);
        if (symbol.matches()) {
            return new Symbol(symbol.group(1), symbol.group(2) == null ? 1 : Integer.parseInt(symbol.group(2)));
        }
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a place is a position, symbol:NAME, symbol:NAME#TIMES or a text of the console, not nothing");
        }
        return NUMBER.matcher(text).matches() ? new Position(Long.parseLong(text)) : new Text(text);
    }

    /**
     * Finds the place in a subject's run.
     *
     * @param addresses of symbols
     * @return the position; empty if the run does not come there
     * @throws IllegalArgumentException if there is no such symbol
     */
    default OptionalLong locate(Subject subject, Function<String, OptionalLong> addresses) {
        return switch (this) {
            case Position(long position) -> OptionalLong.of(position);
            case Text(String text) -> seek(subject.showing(text), outcome -> outcome instanceof Outcome.GoalReached(String how)
                    && how.equals(Bench.SHOWN));
            case Symbol symbol -> seek(subject.coming(symbol.come(addresses)), outcome -> outcome instanceof Outcome.GoalReached(String how)
                    && how.equals(Bench.CAME + symbol.words()));
        };
    }

    private static OptionalLong seek(Subject subject, Predicate<Outcome> isThere) {
        try (Bench bench = new Bench(subject)) {
            long limit = subject.limit().orElse(BaseRun.FURTHEST);
            return isThere.test(bench.judge(bench.run(limit))) ? OptionalLong.of(bench.position()) : OptionalLong.empty();
        }
    }
}
