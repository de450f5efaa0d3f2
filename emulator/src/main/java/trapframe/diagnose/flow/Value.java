package trapframe.diagnose.flow;

/**
 * What is known of a value in all rounds of a loop, given the value in one of them.
 */
sealed interface Value {
    Value EXACT = new Exact();

    /** It is the same in each round. */
    record Exact() implements Value { }

    /**
     * It grows by the same amount from each round to the next, modulo 2 to the power of its width; what is above its width is zero.
     *
     * @param step  by which it grows
     * @param bytes its width
     */
    record Counts(long step, int bytes) implements Value { }

    /**
     * It may be anything, within bounds.
     *
     * @param bits that may differ from those of the value in the round that is known
     * @param low  the least that it can be, unsigned
     * @param high the most that it can be, unsigned
     */
    record Varies(long bits, long low, long high) implements Value { }

    /**
     * What a register held when an interrupt came last to a place, whatever that was.
     *
     * @param place    number of the {@link OpenPlaces}
     * @param register its number, or {@link #RIP} or {@link #FLAGS}
     * @param bytes    its width
     */
    record Saved(int place, int register, int bytes) implements Value {
        boolean isOf(OpenPlaces places) {
            return place == places.number();
        }
    }

    int RIP = 16;
    int FLAGS = 17;

    /** Anything that fits so many bytes. */
    static Varies anything(int bytes) {
        return new Varies(mask(bytes), 0, mask(bytes));
    }

    static long mask(int bytes) {
        return bytes >= 8 ? -1 : (1L << 8 * bytes) - 1;
    }

    default boolean isExact() {
        return this instanceof Exact;
    }

    /** The bits that may differ from the known value. */
    default long bits() {
        return switch (this) {
            case Exact() -> 0;
            case Counts(_, int bytes) -> mask(bytes);
            case Saved(_, _, int bytes) -> mask(bytes);
            case Varies(long bits, _, _) -> bits;
        };
    }

    /** Of which some bits may differ from a known value. */
    static Value ofBits(long bits, long known) {
        return bits == 0 ? EXACT : new Varies(bits, known & ~bits, known | bits);
    }

    /** What is left of it in the low bytes. */
    default Value low(int bytes, long known) {
        return switch (this) {
            case Exact() -> EXACT;
            case Counts(long step, int width) -> width == bytes ? this : width > bytes ? counts(step, bytes) : anything(width);
            case Saved(_, _, int width) -> bytes >= width ? this : anything(bytes);
            case Varies(long bits, long low, long high) when Long.compareUnsigned(high, mask(bytes)) <= 0 -> this;
            case Varies(long bits, _, _) -> ofBits(bits & mask(bytes), known & mask(bytes));
        };
    }

    static Value counts(long step, int bytes) {
        return (step & mask(bytes)) == 0 ? EXACT : new Counts(step & mask(bytes), bytes);
    }

    /** A sum in so many bytes, or a difference, of two values of as many bytes that are known. */
    static Value sum(Value one, long knownOne, Value other, long knownOther, int bytes, boolean minus) {
        if (one.isExact() && other.isExact()) {
            return EXACT;
        }
        if (one instanceof Saved || other instanceof Saved) {
            return anything(bytes);
        }
        if (!(one instanceof Varies) && !(other instanceof Varies)) {
            long first = one instanceof Counts(long step, int width) && width == bytes ? step : 0;
            long second = other instanceof Counts(long step, int width) && width == bytes ? step : 0;
            boolean wide = (one.isExact() || one instanceof Counts(_, int w) && w == bytes)
                    && (other.isExact() || other instanceof Counts(_, int v) && v == bytes);
            return wide ? counts(minus ? first - second : first + second, bytes) : anything(bytes);
        }
        if (one instanceof Varies(_, long low, long high) && other.isExact()) {
            return shifted(low, high, minus ? -knownOther : knownOther, bytes);
        }
        if (other instanceof Varies(_, long low, long high) && one.isExact() && !minus) {
            return shifted(low, high, knownOne, bytes);
        }
        return anything(bytes);
    }

    private static Value shifted(long low, long high, long by, int bytes) {
        long newLow = low + by & mask(bytes);
        long newHigh = high + by & mask(bytes);
        return Long.compareUnsigned(newLow, newHigh) <= 0 && Long.compareUnsigned(high - low, mask(bytes)) < 0
                ? new Varies(below(newLow ^ newHigh), newLow, newHigh) : anything(bytes);
    }

    /** All bits from the highest one down. */
    private static long below(long bits) {
        return bits == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(bits);
    }

    /** The product with a constant. */
    default Value times(long factor, int bytes) {
        return switch (this) {
            case Exact() -> EXACT;
            case Counts(long step, int width) -> width == bytes ? counts(step * factor, bytes) : anything(bytes);
            case Saved _ -> anything(bytes);
            case Varies(_, long low, long high) -> {
                boolean fits = factor >= 0 && Math.multiplyHigh(high, factor) == 0 && high >= 0 && high * factor >= 0
                        && Long.compareUnsigned(high * factor, mask(bytes)) <= 0;
                yield fits ? new Varies(below(low * factor ^ high * factor), low * factor, high * factor) : anything(bytes);
            }
        };
    }

    /** It and another value. */
    static Value and(Value one, long knownOne, Value other, long knownOther) {
        long bits = one.bits() & (other.bits() | knownOther) | other.bits() & (one.bits() | knownOne);
        return ofBits(bits, knownOne & knownOther);
    }

    /** Shifted to the right by a constant, from 0 to 63. */
    default Value right(int count, long known) {
        return isExact() ? EXACT : new Varies(bits() >>> count, (known & ~bits()) >>> count, (known | bits()) >>> count);
    }
}
