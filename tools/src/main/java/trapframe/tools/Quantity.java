package trapframe.tools;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers with units, as options take them. */
final class Quantity {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})(?:\\.([0-9]{1,9}))?([A-Za-z]*)");

    private Quantity() {
    }

    /** Bytes of memory: {@code 256M}, {@code 1G}, {@code 4096K}, {@code 1048576}; units are powers of 1024. */
    static final class MemorySize implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return parse(text, "a size like 256M", unit -> switch (unit) {
                case "", "B" -> 1L;
                case "K", "KB", "KIB" -> 1L << 10;
                case "M", "MB", "MIB" -> 1L << 20;
                case "G", "GB", "GIB" -> 1L << 30;
                default -> 0L;
            });
        }
    }

    /** Virtual time ({@code 10s}, {@code 500ms}) or executed code bytes ({@code 5G}; units are powers of 1000). */
    sealed interface Limit {
        record VirtualTime(long nanos) implements Limit {
        }

        record CodeBytes(long count) implements Limit {
        }
    }

    /** Virtual time in nanoseconds: {@code 1us}, {@code 10s}. */
    static final class VirtualNanos implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return parse(text, "a virtual time like 1us or 10s", NANOS);
        }
    }

    static final class LimitConverter implements ITypeConverter<Limit> {
        private static final String EXPECTED = "a virtual time like 10s or 500ms, or code bytes like 5G";

        @Override
        public Limit convert(String text) {
            if (text.endsWith("s") || text.endsWith("min")) {
                return new Limit.VirtualTime(positive(text, parse(text, EXPECTED, NANOS)));
            }
            return new Limit.CodeBytes(positive(text, parse(text, EXPECTED, CODE_BYTES)));
        }

        private static long positive(String text, long value) {
            if (value == 0) {
                throw new TypeConversionException("'" + text + "' is no limit: it must be more than 0");
            }
            return value;
        }
    }

    /** A distance in positions, which are executed code bytes: {@code 838}, {@code 5M}. */
    static final class Positions implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return parse(text, "a number of positions like 5000 or 5M", CODE_BYTES);
        }
    }

    /** A byte, in decimal or in hexadecimal with 0x. */
    static final class ByteValue implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            try {
                int value = Integer.decode(text);
                if (value >= 0 && value <= 0xff) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Said below, as for a number out of range.
            }
            throw new TypeConversionException("'" + text + "' is not a byte like 0x10");
        }
    }

    private static final Units CODE_BYTES = unit -> switch (unit) {
        case "" -> 1L;
        case "K" -> 1_000L;
        case "M" -> 1_000_000L;
        case "G" -> 1_000_000_000L;
        case "T" -> 1_000_000_000_000L;
        default -> 0L;
    };

    private static final Units NANOS = unit -> switch (unit) {
        case "NS" -> 1L;
        case "US" -> 1_000L;
        case "MS" -> 1_000_000L;
        case "S" -> 1_000_000_000L;
        case "MIN" -> 60_000_000_000L;
        default -> 0L;
    };

    private interface Units {
        /** What one of the unit is worth, 0 for an unknown unit. */
        long worth(String upperCaseUnit);
    }

    private static long parse(String text, String expected, Units units) {
        Matcher form = FORM.matcher(text);
        long worth = form.matches() ? units.worth(form.group(3).toUpperCase(Locale.ROOT)) : 0;
        if (worth == 0) {
            throw new TypeConversionException("'" + text + "' is not " + expected);
        }
        try {
            long whole = Math.multiplyExact(Long.parseLong(form.group(1)), worth);
            if (form.group(2) == null) {
                return whole;
            }
            long scale = 1;
            for (int digit = 0; digit < form.group(2).length(); digit++) {
                scale *= 10;
            }
            long fraction = Math.multiplyExact(Long.parseLong(form.group(2)), worth);
            if (fraction % scale != 0) {
                throw new TypeConversionException("'" + text + "' is not a whole number of the smallest unit");
            }
            return Math.addExact(whole, fraction / scale);
        } catch (ArithmeticException overflow) {
            throw new TypeConversionException("'" + text + "' is too large");
        }
    }
}
