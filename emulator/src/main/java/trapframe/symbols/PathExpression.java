package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Evaluates what C would call an lvalue: {@code tasks[3].state}, {@code cpus[0].current->name}, {@code *pointer},
 * {@code 'sched.c'::sleepers}, {@code function::counter}, {@code ((struct task *) 0xffff888000102000)->id}. An index is a number or another
 * such expression.
 */
final class PathExpression {
    private static final int MAX_LENGTH = 1000;

    private final KernelSymbols symbols;
    private final MemoryView memory;
    private final String text;
    private int at;

    PathExpression(KernelSymbols symbols, MemoryView memory, String text) {
        this.symbols = symbols;
        this.memory = memory;
        this.text = text;
        if (text.length() > MAX_LENGTH) {
            throw new SymbolsException("the expression has " + text.length() + " characters, more than " + MAX_LENGTH);
        }
    }

    Value evaluate() {
        Value value = unary();
        if (!peek().isEmpty()) {
            throw wrong();
        }
        return value;
    }

    private SymbolsException wrong() {
        String rest = text.substring(at).strip();
        return new SymbolsException("the expression \"" + text + "\" is not understood"
                + (rest.isEmpty() ? ": it is not complete" : " from \"" + rest + "\" on"));
    }

    /** unary: * unary, or postfix. */
    private Value unary() {
        if (accept("*")) {
            Value value = unary();
            return value.type().plain() instanceof Type.Array ? value.at(0) : value.target();
        }
        return postfix();
    }

    private Value postfix() {
        Value value = primary();
        while (true) {
            if (accept("->")) {
                value = value.target().member(name());
            } else if (accept(".")) {
                if (value.type().plain() instanceof Type.Pointer) {
                    throw new SymbolsException("\"" + text + "\": a value of type " + value.type() + " has its members behind ->");
                }
                value = value.member(name());
            } else if (accept("[")) {
                value = value.at(index());
                expect("]");
            } else {
                return value;
            }
        }
    }

    private long index() {
        boolean negative = accept("-");
        long number = Character.isDigit(next()) ? number() : unary().number();
        return negative ? -number : number;
    }

    private Value primary() {
        if (!accept("(")) {
            return variable();
        }
        Optional<Type> cast = castType();
        if (cast.isEmpty()) {
            Value inner = unary();
            expect(")");
            return inner;
        }
        expect(")");
        if (!(cast.get() instanceof Type.Pointer pointer)) {
            throw new SymbolsException("\"" + text + "\": only a pointer's type can be given to a number");
        }
        long address = Character.isDigit(next()) ? number() : unary().number();
        return Value.pointer(symbols, memory, pointer, address);
    }

    /** A type and asterisks, if that is what comes next. */
    private Optional<Type> castType() {
        int start = at;
        List<String> words = new ArrayList<>();
        while (isNameStart(next())) {
            words.add(name());
        }
        int stars = 0;
        while (accept("*")) {
            stars++;
        }
        if (words.isEmpty() || stars == 0 || next() != ')') {
            at = start;
            return Optional.empty();
        }
        String name = String.join(" ", words);
        Type type = symbols.type(name).orElseThrow(() -> new SymbolsException("no type " + name + " is known"));
        for (int i = 0; i < stars; i++) {
            type = new Type.Pointer(TypeReference.to(type), Long.BYTES);
        }
        return Optional.of(type);
    }

    private Value variable() {
        String name = next() == '\'' ? quoted() : name();
        Optional<String> scope = Optional.empty();
        while (accept("::")) {
            String outer = name;
            scope = Optional.of(scope.map(before -> before + "::" + outer).orElse(outer));
            name = name();
        }
        Optional<Variable> found = symbols.variable(scope, name);
        if (found.isEmpty()) {
            throw new SymbolsException("the variable " + name + (scope.isPresent() ? " of " + scope.get() + " is not known"
                    : " " + symbols.whyNoVariable(name)));
        }
        return new Value(symbols, memory, found.get().type().get(), found.get().address());
    }

    private String quoted() {
        expect("'");
        int end = text.indexOf('\'', at);
        if (end < 0) {
            throw wrong();
        }
        String inside = text.substring(at, end);
        at = end + 1;
        return inside;
    }

    private long number() {
        peek();
        int start = at;
        while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String digits = text.substring(start, at);
        try {
            return digits.startsWith("0x") || digits.startsWith("0X") ? Long.parseUnsignedLong(digits.substring(2), 16)
                    : Long.parseUnsignedLong(digits);
        } catch (NumberFormatException e) {
            at = start;
            throw wrong();
        }
    }

    private String name() {
        if (!isNameStart(next())) {
            throw wrong();
        }
        int start = at;
        while (at < text.length() && (isNameStart(text.charAt(at)) || Character.isDigit(text.charAt(at)))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isNameStart(char c) {
        return c == '_' || c == '$' || Character.isLetter(c);
    }

    /** The next character that is no blank; 0 at the end. */
    private char next() {
        String rest = peek();
        return rest.isEmpty() ? 0 : rest.charAt(0);
    }

    private String peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.substring(at);
    }

    private boolean accept(String token) {
        if (peek().startsWith(token)) {
            at += token.length();
            return true;
        }
        return false;
    }

    private void expect(String token) {
        if (!accept(token)) {
            throw wrong();
        }
    }
}
