package trapframe.symbols;

import java.util.Arrays;

/**
 * How to find a function's caller from one place in it (DWARF, 6.4.1): the canonical frame address, which is RSP before the call, and for
 * each register where its value at the call is.
 */
final class CallFrameRow {
    /** Where a caller's register is. */
    sealed interface Rule {
        /** The file does not say: then the psABI does. */
        record Unspecified() implements Rule { }

        record Undefined() implements Rule { }

        record SameValue() implements Rule { }

        /** In memory, so far from the CFA. */
        record Offset(long offset) implements Rule { }

        /** The CFA and a number. */
        record ValueOffset(long offset) implements Rule { }

        record Register(int number) implements Rule { }

        /** In memory, at what an expression says of the CFA. */
        record AtExpression(Cursor bytes) implements Rule { }

        record ValueExpression(Cursor bytes) implements Rule { }
    }

    static final Rule UNSPECIFIED = new Rule.Unspecified();

    private final Rule[] rules;
    /** -1 while the CFA is not defined, or is given by an expression. */
    int cfaRegister = -1;
    long cfaOffset;
    Cursor cfaExpression;

    CallFrameRow() {
        rules = new Rule[FrameRegisters.COUNT];
        Arrays.fill(rules, UNSPECIFIED);
    }

    CallFrameRow(CallFrameRow other) {
        rules = other.rules.clone();
        cfaRegister = other.cfaRegister;
        cfaOffset = other.cfaOffset;
        cfaExpression = other.cfaExpression;
    }

    boolean hasCfa() {
        return cfaRegister >= 0 || cfaExpression != null;
    }

    void defineCfa(int register, long offset) {
        cfaRegister = register;
        cfaOffset = offset;
        cfaExpression = null;
    }

    Rule rule(int register) {
        return rules[register];
    }

    /** Registers beyond the general ones are of no use for the way to the caller. */
    void set(int register, Rule rule) {
        if (register < rules.length) {
            rules[register] = rule;
        }
    }

    void restore(int register, CallFrameRow initial) {
        if (register < rules.length) {
            rules[register] = initial.rules[register];
        }
    }
}
