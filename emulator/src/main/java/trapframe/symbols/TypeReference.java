package trapframe.symbols;

import java.util.Objects;

/** Names a type, which is read when it is asked for. */
public final class TypeReference {
    static final TypeReference VOID = new TypeReference(null, 0, new Type.Unspecified("void"));

    private final TypeReader reader;
    private final long offset;
    /** Kept when it was read once: the same for whoever reads it. */
    private Type known;

    private TypeReference(TypeReader reader, long offset, Type known) {
        this.reader = reader;
        this.offset = offset;
        this.known = known;
    }

    /** The type that an entry describes. */
    static TypeReference at(TypeReader reader, long offset) {
        return new TypeReference(reader, offset, null);
    }

    /** A type that has no entry of its own. */
    public static TypeReference to(Type type) {
        return new TypeReference(null, 0, type);
    }

    /**
     * The type.
     *
     * @throws SymbolsException if the file is damaged
     */
    public Type get() {
        Type type = known;
        if (type == null) {
            type = reader.type(offset);
            known = type;
        }
        return type;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TypeReference reference && reference.reader == reader && reference.offset == offset
                && (reader != null || Objects.equals(reference.known, known));
    }

    @Override
    public int hashCode() {
        return reader != null ? Long.hashCode(offset) : Objects.hashCode(known);
    }

    @Override
    public String toString() {
        return get().toString();
    }
}
