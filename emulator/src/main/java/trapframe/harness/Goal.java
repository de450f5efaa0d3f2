package trapframe.harness;

import java.util.Optional;
import java.util.regex.Pattern;
import trapframe.symbols.KernelSymbols;

/** What a guest is to do next. */
public sealed interface Goal {
    /** In words, to follow "the guest did not". */
    String words();

    /** It shows a text, which ends behind what was expected before. */
    record Shows(String text) implements Goal {
        public Shows {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("an empty text is everywhere");
            }
        }

        @Override
        public String words() {
            return "show \"" + Report.escaped(text) + "\"";
        }
    }

    /** The next line that it finishes is this one, without the end of the line. */
    record ShowsLine(String line) implements Goal {
        @Override
        public String words() {
            return "show the line \"" + Report.escaped(line) + "\"";
        }
    }

    /**
     * It shows something within one line that matches. While the line is unfinished only a match counts that no further character could
     * change, since a machine has no moment at which nothing more comes.
     */
    record Matches(Pattern pattern) implements Goal {
        @Override
        public String words() {
            return "show anything that matches /" + pattern + "/";
        }
    }

    /** A CPU is about to execute the instruction at a linear address. */
    record Executes(String symbol, long address) implements Goal {
        /**
         * @param symbol  a name, or an address as {@code 0x} and hexadecimal digits
         * @param symbols what names addresses
         * @throws IllegalArgumentException if there is no such symbol
         */
        public static Executes of(String symbol, Optional<KernelSymbols> symbols) {
            return new Executes(symbol, address(symbol, symbols));
        }

        /** The address that a symbol, or an address as {@code 0x} and hexadecimal digits, stands for. */
        public static long address(String symbol, Optional<KernelSymbols> symbols) {
            if (symbol.startsWith("0x")) {
                return Long.parseUnsignedLong(symbol.substring(2), 16);
            }
            return symbols.orElseThrow(() -> new IllegalArgumentException("no symbol " + symbol + ": nothing names the image's addresses"))
                    .address(symbol).orElseThrow(() -> new IllegalArgumentException("no symbol " + symbol));
        }

        @Override
        public String words() {
            return "execute " + symbol;
        }
    }

    /** The run ends by itself. */
    record Ends() implements Goal {
        @Override
        public String words() {
            return "end";
        }
    }

    /** Its time passes. */
    record Passes() implements Goal {
        @Override
        public String words() {
            return "live to the end of the time";
        }
    }
}
