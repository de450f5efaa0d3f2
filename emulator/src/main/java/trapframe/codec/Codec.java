package trapframe.codec;

/**
 * Turns values of one type into bytes and back: records, sealed interfaces of records, enums, lists, arrays, text, paths and plain
 * values, nested at will. What is written is the components' values in their order and nothing else, so that reader and writer need the
 * same types, which {@link #shape} tells.
 *
 * @param <T> the type
 */
public abstract class Codec<T> {
    private static final ClassValue<Codec<?>> MADE = new ClassValue<>() {
        @Override
        protected Codec<?> computeValue(Class<?> type) {
            return CodecBuilder.codec(type);
        }
    };

    private final String shape;

    Codec(String shape) {
        this.shape = shape;
    }

    /**
     * The codec of a type.
     *
     * @throws IllegalArgumentException if there is none for it, or for something in it
     */
    @SuppressWarnings("unchecked")
    public static <T> Codec<T> of(Class<T> type) {
        return (Codec<T>) MADE.get(type);
    }

    /** @param value of the type, with nothing null in it */
    public abstract void write(T value, ByteWriter writer);

    /** @throws DamagedException if the bytes do not make a value of the type */
    public abstract T read(ByteReader reader);

    /** The type with all its parts, as text: equal for types whose values are written the same way. */
    public final String shape() {
        return shape;
    }

    public final byte[] toBytes(T value) {
        ByteWriter writer = new ByteWriter();
        write(value, writer);
        return writer.toBytes();
    }

    /** @throws DamagedException if the bytes are not just one value of the type */
    public final T fromBytes(byte[] bytes) {
        ByteReader reader = new ByteReader(bytes);
        T value = read(reader);
        if (!reader.atEnd()) {
            throw new DamagedException("it is too long");
        }
        return value;
    }
}
