package trapframe.explore;

import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place in the run without interrupts that a person can name. */
public sealed interface Point {
    /** As {@link #parse} reads it. */
    String text();

    /** @param position of the clock */
    record Position(long position) implements Point {
        @Override
        public String text() {
            return Long.toString(position);
        }
    }

    /** Where the console has shown a text for the first time. */
    record Text(String text) implements Point { }

    /**
     * Where a CPU comes to an instruction.
     *
     * @param name    of its place, for people
     * @param address linear
     * @param times   for the how-manieth time, from 1 on
     */
    record Symbol(String name, long address, int times) implements Point {
        @Override
        public String text() {
            return "symbol:" + name + (times == 1 ? "" : "#" + times);
        }

        String words() {
            return name + (times == 1 ? "" : ", for the time " + times);
        }
    }

    Pattern SYMBOL = Pattern.compile("symbol:(.+?)(?:#([1-9]\\d{0,8}))?");
    Pattern NUMBER = Pattern.compile("\\d{1,18}");

    /**
     * Reads {@code 204519007}, {@code symbol:NAME}, {@code symbol:NAME#50}; whatever else is a text.
     *
     * @param addresses of symbols
     * @throws IllegalArgumentException if it is nothing, or there is no such symbol
     */
    static Point parse(String text, Function<String, OptionalLong> addresses) {
        Matcher symbol = SYMBOL.matcher(text);
        if (symbol.matches()) {
            String name = symbol.group(1);
            return new Symbol(name, addresses.apply(name).orElseThrow(() -> new IllegalArgumentException("no symbol " + name)),
                    symbol.group(2) == null ? 1 : Integer.parseInt(symbol.group(2)));
        }
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a place is a position, symbol:NAME, symbol:NAME#TIMES or a text of the console, not nothing");
        }
        return NUMBER.matcher(text).matches() ? new Position(Long.parseLong(text)) : new Text(text);
    }
}
