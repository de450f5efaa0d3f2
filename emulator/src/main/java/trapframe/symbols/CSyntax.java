package trapframe.symbols;

import java.util.EnumSet;
import java.util.Locale;
import java.util.stream.Collectors;

/** How C writes types (C17, 6.7.6), and how large they are. A damaged file may make types part of themselves, which C cannot. */
final class CSyntax {
    static final int MAX_DEPTH = 64;
    private static final int MAX_PARTS = 4096;

    private int parts;

    private CSyntax() { }

    static SymbolsException circle() {
        return new SymbolsException("the debug information is damaged: a type is part of itself");
    }

    static long size(Type type, int depth) {
        if (depth > MAX_DEPTH) {
            throw circle();
        }
        return switch (type) {
            case Type.Base base -> base.size();
            case Type.Pointer pointer -> pointer.size();
            case Type.Struct struct -> struct.size();
            case Type.Enumeration enumeration -> enumeration.size();
            case Type.Typedef typedef -> size(typedef.target().get(), depth + 1);
            case Type.Qualified qualified -> size(qualified.target().get(), depth + 1);
            case Type.Array array -> {
                long element = size(array.element().get(), depth + 1);
                long count = Math.max(array.count(), 0);
                if (Math.multiplyHigh(element, count) != 0 || element * count < 0) {
                    throw new SymbolsException("the debug information is damaged: an array of " + count + " times " + element + " bytes");
                }
                yield element * count;
            }
            case Type.Function _, Type.Unspecified _ -> 0;
        };
    }

    /** A declaration of something of a type. */
    static String declare(Type type, String declarator) {
        return new CSyntax().write(type, declarator);
    }

    private String write(Type type, String declarator) {
        if (++parts > MAX_PARTS || declarator.length() > MAX_PARTS) {
            throw circle();
        }
        return switch (type) {
            case Type.Base base -> spaced(base.name(), declarator);
            case Type.Typedef typedef -> spaced(typedef.name(), declarator);
            case Type.Unspecified unspecified -> spaced(unspecified.name(), declarator);
            case Type.Struct struct -> spaced(struct.kind().name().toLowerCase(Locale.ROOT) + " " + struct.name().orElse("{...}"), declarator);
            case Type.Enumeration enumeration -> spaced("enum " + enumeration.name().orElse("{...}"), declarator);
            case Type.Pointer pointer -> writePointer(pointer, "*" + declarator);
            case Type.Array array -> write(array.element().get(), declarator + (array.count() < 0 ? "[]" : "[" + array.count() + "]"));
            case Type.Qualified qualified -> writeQualified(qualified, declarator);
            case Type.Function function -> write(function.returned().get(), declarator + "(" + parameters(function) + ")");
        };
    }

    private String writePointer(Type.Pointer pointer, String declarator) {
        Type target = pointer.target().get();
        return write(target, target instanceof Type.Array || target instanceof Type.Function ? "(" + declarator + ")" : declarator);
    }

    /** Adjectives in an order of their own: the file's is that in which the compiler came across them. */
    private String writeQualified(Type.Qualified qualified, String declarator) {
        EnumSet<Type.Qualifier> qualifiers = EnumSet.of(qualified.qualifier());
        Type target = qualified.target().get();
        for (int depth = 0; target instanceof Type.Qualified more; depth++) {
            if (depth > MAX_DEPTH) {
                throw circle();
            }
            qualifiers.add(more.qualifier());
            target = more.target().get();
        }
        String words = qualifiers.stream().map(Type.Qualifier::word).collect(Collectors.joining(" "));
        return target instanceof Type.Pointer pointer ? writePointer(pointer, "*" + spaced(words, declarator))
                : words + " " + write(target, declarator);
    }

    private String parameters(Type.Function function) {
        String parameters = function.parameters().stream().map(each -> write(each.get(), "")).collect(Collectors.joining(", "));
        if (function.variadic()) {
            return parameters.isEmpty() ? "..." : parameters + ", ...";
        }
        return parameters.isEmpty() ? "void" : parameters;
    }

    private static String spaced(String specifier, String declarator) {
        return declarator.isEmpty() ? specifier : specifier + " " + declarator;
    }
}
