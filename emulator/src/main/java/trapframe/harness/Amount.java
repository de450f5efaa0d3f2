package trapframe.harness;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as people write them: sizes, times, positions. What is not understood is an {@link IllegalArgumentException}. */
public final class Amount {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18})(?:\\.([0-9]{1,9}))?([A-Za-z]*)");

    private Amount() { }

    private interface Units {
        /** What one of the unit is worth, 0 for an unknown unit. */
        long worth(String upperCaseUnit);
    }

    /** Bytes of memory: {@code 256M}, {@code 1G}, {@code 4096K}, {@code 1048576}; units are powers of 1024. */
    public static long bytes(String text) {
        return parse(text, "a size like 256M", unit -> switch (unit) {
            case "", "B" -> 1L;
            case "K", "KB", "KIB" -> 1L << 10;
            case "M", "MB", "MIB" -> 1L << 20;
            case "G", "GB", "GIB" -> 1L << 30;
            default -> 0L;
        });
    }

    /** Virtual time in nanoseconds: {@code 1us}, {@code 10s}. */
    public static long nanos(String text) {
        return nanos(text, "a virtual time like 1us or 10s");
    }

    /** @param expected what the text should have been, for the message */
    public static long nanos(String text, String expected) {
        return parse(text, expected, unit -> switch (unit) {
            case "NS" -> 1L;
            case "US" -> 1_000L;
            case "MS" -> 1_000_000L;
            case "S" -> 1_000_000_000L;
            case "MIN" -> 60_000_000_000L;
            default -> 0L;
        });
    }

    /** Executed code bytes: {@code 838}, {@code 5M}; units are powers of 1000. */
    public static long codeBytes(String text, String expected) {
        return parse(text, expected, unit -> switch (unit) {
            case "" -> 1L;
            case "K" -> 1_000L;
            case "M" -> 1_000_000L;
            case "G" -> 1_000_000_000L;
            case "T" -> 1_000_000_000_000L;
            default -> 0L;
        });
    }

    private static long parse(String text, String expected, Units units) {
        Matcher form = FORM.matcher(text);
        long worth = form.matches() ? units.worth(form.group(3).toUpperCase(Locale.ROOT)) : 0;
        if (worth == 0) {
            throw new IllegalArgumentException("'" + text + "' is not " + expected);
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
                throw new IllegalArgumentException("'" + text + "' is not a whole number of the smallest unit");
            }
            return Math.addExact(whole, fraction / scale);
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException("'" + text + "' is too large");
        }
    }

    /** Virtual time as people write it: {@code 20ms}, {@code 1500us}; the largest unit that is whole. */
    public static String ofNanos(long nanos) {
        if (nanos % 1_000_000_000 == 0) {
            return nanos / 1_000_000_000 + "s";
        }
        if (nanos % 1_000_000 == 0) {
            return nanos / 1_000_000 + "ms";
        }
        return nanos % 1_000 == 0 ? nanos / 1_000 + "us" : nanos + "ns";
    }

    /** Virtual time in seconds with six digits behind the point, which is how reports say when something was. */
    public static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%d.%06d", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000);
    }
}
