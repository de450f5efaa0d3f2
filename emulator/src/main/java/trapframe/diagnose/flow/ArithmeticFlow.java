package trapframe.diagnose.flow;

import trapframe.diagnose.flow.Decoded.Kind;

/** What is known of results and flags, given what is known of the operands. */
final class ArithmeticFlow {
    private final OperandFlow operands;

    ArithmeticFlow(OperandFlow operands) {
        this.operands = operands;
    }

    /** What a device gave to a comparison is not known. */
    private void demandNoUnknown(Value first, Value second) throws Flow.RefusedException {
        operands.demand(operands.step().poll() == null || first.isExact() && second.isExact(), "a comparison with a device");
    }

    void sum(Decoded decoded) throws Flow.RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = operands.read(one);
        Value second = operands.read(two);
        demandNoUnknown(first, second);
        boolean minus = decoded.kind() != Kind.ADD;
        Value sum = Value.sum(first, operands.known(one), second, operands.known(two), one.bytes(), minus);
        int varying = first.isExact() && second.isExact() ? 0
                // A result that stays the same has the same flags but for those that say how it came about.
                : sum.isExact() ? Decoded.CF | Decoded.OF | Decoded.AF : Decoded.ARITHMETIC;
        operands.state().setFlags(decoded.flagsWritten(), varying);
        if (decoded.kind() == Kind.ADD || decoded.kind() == Kind.SUBTRACT) {
            operands.write(decoded.writes().getFirst(), sum);
        }
    }

    void logic(Decoded decoded) throws Flow.RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = operands.read(one);
        Value second = operands.read(two);
        demandNoUnknown(first, second);
        boolean meet = decoded.kind() == Kind.AND || decoded.kind() == Kind.TEST;
        long left = operands.known(one);
        long right = operands.known(two);
        long known = (meet ? left & right : decoded.kind() == Kind.OR ? left | right : left ^ right) & Value.mask(one.bytes());
        Value result = first.isExact() && second.isExact() ? Value.EXACT : one.equals(two) ? first
                : meet ? Value.and(first, left, second, right) : Value.ofBits((first.bits() | second.bits()) & Value.mask(one.bytes()), known);
        int varying = 0;
        if (!result.isExact()) {
            varying = Decoded.PF | Decoded.AF;
            varying |= (known & ~result.bits()) != 0 ? 0 : Decoded.ZF;
            varying |= result.bits() >>> 8 * one.bytes() - 1 == 0 ? 0 : Decoded.SF;
        }
        operands.state().setFlags(decoded.flagsWritten(), varying);
        if (decoded.kind() != Kind.TEST) {
            operands.write(decoded.writes().getFirst(), result);
        }
    }

    void shift(Decoded decoded) throws Flow.RefusedException {
        Operand operand = decoded.reads().getFirst();
        Value value = operands.read(operand);
        Value by = operands.read(decoded.reads().getLast());
        int count = (int) operands.known(decoded.reads().getLast()) & (operand.bytes() == 8 ? 63 : 31);
        if (by.isExact() && count == 0) {
            return;
        }
        Value result = value.isExact() && by.isExact() ? Value.EXACT : !by.isExact() || count >= 8 * operand.bytes() ? Value.anything(operand.bytes())
                : decoded.kind() == Kind.SHIFT_LEFT ? value.times(1L << count, operand.bytes()) : value.right(count, operands.known(operand));
        operands.state().setFlags(decoded.flagsWritten(), value.isExact() && by.isExact() ? 0 : Decoded.ARITHMETIC);
        operands.write(decoded.writes().getFirst(), result);
    }

    void multiply(Decoded decoded) throws Flow.RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = operands.read(one);
        Value second = operands.read(two);
        int bytes = one.bytes();
        Value product = second.isExact() ? first.times(operands.known(two), bytes) : first.isExact() ? second.times(operands.known(one), bytes) : Value.anything(bytes);
        operands.state().setFlags(decoded.flagsWritten(), first.isExact() && second.isExact() ? 0 : Decoded.ARITHMETIC);
        operands.write(decoded.writes().getFirst(), product);
    }

    void other(Decoded decoded) throws Flow.RefusedException {
        boolean exact = (operands.state().flags() & decoded.flagsRead()) == 0;
        for (Operand operand : decoded.reads()) {
            exact &= operands.read(operand).isExact();
        }
        operands.state().setFlags(decoded.flagsWritten(), exact ? 0 : Decoded.ARITHMETIC | Decoded.DF);
        for (Operand operand : decoded.writes()) {
            operands.write(operand, exact ? Value.EXACT : Value.anything(operand.bytes()));
        }
    }
}
