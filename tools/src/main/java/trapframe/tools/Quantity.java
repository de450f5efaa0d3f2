package trapframe.tools;

import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import trapframe.harness.Amount;

/** Numbers with units, as options take them. */
final class Quantity {
    private Quantity() {
    }

    private static <T> T converted(String text, Function<String, T> conversion) {
        try {
            return conversion.apply(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /** Bytes of memory: {@code 256M}. */
    static final class MemorySize implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return converted(text, Amount::bytes);
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
            return converted(text, Amount::nanos);
        }
    }

    static final class LimitConverter implements ITypeConverter<Limit> {
        private static final String EXPECTED = "a virtual time like 10s or 500ms, or code bytes like 5G";

        @Override
        public Limit convert(String text) {
            if (text.endsWith("s") || text.endsWith("min")) {
                return new Limit.VirtualTime(positive(text, converted(text, each -> Amount.nanos(each, EXPECTED))));
            }
            return new Limit.CodeBytes(positive(text, converted(text, each -> Amount.codeBytes(each, EXPECTED))));
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
            return converted(text, each -> Amount.codeBytes(each, "a number of positions like 5000 or 5M"));
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
}
