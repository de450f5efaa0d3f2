package trapframe.symbols;

import java.util.List;
import java.util.Optional;

/**
 * A type of C (DWARF, chapter 5). {@link #toString} writes it as C does.
 *
 * <p>Types refer to each other by {@link TypeReference}, since they may do so in circles.
 */
public sealed interface Type {
    /** What the bits of a base type mean. */
    enum Encoding {
        SIGNED, UNSIGNED, BOOLEAN, CHARACTER, UNSIGNED_CHARACTER, FLOAT, OTHER
    }

    /** Adjectives of a type. */
    enum Qualifier {
        CONST("const"), VOLATILE("volatile"), RESTRICT("restrict"), ATOMIC("_Atomic");

        private final String word;

        Qualifier(String word) {
            this.word = word;
        }

        /** As C writes it. */
        public String word() {
            return word;
        }
    }

    /** What kind of aggregate a type is, by the word that C or C++ has for it. */
    enum Kind {
        STRUCT, UNION, CLASS
    }

    /** A type of the language itself: a number, a character, a truth value. */
    record Base(String name, long size, Encoding encoding) implements Type {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A pointer; or, in C++, a reference. */
    record Pointer(TypeReference target, long size) implements Type {
        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /**
     * A structure, a union or a class.
     *
     * @param name    its tag; empty if it has none
     * @param size    in bytes; 0 if the file only says that there is such a type
     * @param members in the order in which they are declared
     */
    record Struct(Kind kind, Optional<String> name, long size, List<Member> members) implements Type {
        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /**
     * A member of an aggregate.
     *
     * @param name      empty for a structure or union without a name, whose members count as those of what it is in
     * @param offset    in bytes from the start of the aggregate; for a bit-field of the byte in which it begins
     * @param bitOffset of a bit-field, from the lowest bit of that byte, 0 to 7
     * @param bitSize   of a bit-field; 0 for other members
     */
    record Member(Optional<String> name, TypeReference type, long offset, int bitOffset, int bitSize) { }

    /**
     * An array; one of several dimensions is an array of arrays.
     *
     * @param count of its elements; -1 if the type does not say
     */
    record Array(TypeReference element, long count) implements Type {
        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /** An enumeration, its constants in the order in which they are declared. */
    record Enumeration(Optional<String> name, long size, boolean isSigned, List<Constant> constants) implements Type {
        /** The name of a value, of the first constant that has it. */
        public Optional<String> nameOf(long value) {
            return constants.stream().filter(constant -> constant.value() == value).map(Constant::name).findFirst();
        }

        /** The value of a constant. */
        public Optional<Long> valueOf(String constant) {
            return constants.stream().filter(each -> each.name().equals(constant)).map(Constant::value).findFirst();
        }

        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /** A name for a value. */
    record Constant(String name, long value) { }

    /** Another name for a type. */
    record Typedef(String name, TypeReference target) implements Type {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A type with an adjective. */
    record Qualified(Qualifier qualifier, TypeReference target) implements Type {
        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /** A function, which a pointer may point to. */
    record Function(TypeReference returned, List<TypeReference> parameters, boolean variadic) implements Type {
        @Override
        public String toString() {
            return CSyntax.declare(this, "");
        }
    }

    /** No type, or one that the file tells nothing about. */
    record Unspecified(String name) implements Type {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Bytes; 0 if nothing can have the type, or the file does not tell its size. */
    default long size() {
        return CSyntax.size(this, 0);
    }

    /** The type without other names and adjectives. */
    default Type plain() {
        Type type = this;
        for (int i = 0; i < CSyntax.MAX_DEPTH; i++) {
            switch (type) {
                case Typedef typedef -> type = typedef.target.get();
                case Qualified qualified -> type = qualified.target.get();
                default -> {
                    return type;
                }
            }
        }
        throw CSyntax.circle();
    }
}
