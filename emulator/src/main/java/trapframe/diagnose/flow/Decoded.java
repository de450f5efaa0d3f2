package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import trapframe.unicorn.CpuState;

/**
 * What an instruction reads and writes.
 *
 * @param length       in bytes
 * @param kind         what it does with its operands
 * @param reads        operands that it reads, in the manual's order; registers that addresses are made of are not among them
 * @param writes       operands that it writes
 * @param flagsRead    bits of RFLAGS that it depends on
 * @param flagsWritten bits of RFLAGS that are something new behind it
 */
record Decoded(int length, Kind kind, List<Operand> reads, List<Operand> writes, int flagsRead, int flagsWritten) {
    static final int CF = 1;
    static final int PF = 1 << 2;
    static final int AF = 1 << 4;
    static final int ZF = 1 << 6;
    static final int SF = 1 << 7;
    static final int DF = 1 << 10;
    static final int OF = 1 << 11;
    /** What arithmetic sets. */
    static final int ARITHMETIC = CF | PF | AF | ZF | SF | OF;

    enum Kind {
        /** The first operand becomes the second one, cut or extended with zeros to its width. */
        COPY,
        /** As {@link #COPY}, extended with the sign. */
        SIGN_EXTEND,
        /** The address of a memory operand. */
        ADDRESS,
        ADD, SUBTRACT,
        /** {@link #SUBTRACT} of which only the flags are kept. */
        COMPARE,
        AND, OR, XOR,
        /** {@link #AND} of which only the flags are kept. */
        TEST,
        SHIFT_LEFT, SHIFT_RIGHT, MULTIPLY,
        /** Two operands change places. */
        EXCHANGE,
        /** XADD. */
        EXCHANGE_ADD,
        /** Pushes its operands, the first one first. */
        PUSH,
        POP,
        PUSH_FLAGS, POP_FLAGS,
        LEAVE,
        /** Pushes the address behind it. */
        CALL,
        RETURN,
        /** Control goes where the operands and flags that are read say. */
        BRANCH,
        /** What is written depends on all that is read, in some way. */
        OTHER,
        /** What is written depends on time, or on the host. */
        TIME,
        /** Nothing but time passes. */
        NOTHING,
        /** STI and CLI: the flag becomes a constant. */
        INTERRUPT_FLAG,
        HALT,
        INTERRUPT_RETURN,
        /**
         * One element of a string instruction: the first operand that is written becomes the one that is read, or two that are read are compared. Registers
         * that are written are pointers and, with a repeat prefix, the last one is the count: where that is 0 already nothing else happens, and control goes
         * on behind the instruction.
         */
        STRING,
        /** IN: from the port that it reads. OUT: its operands are the port and what is written. */
        IN, OUT,
        /** No instruction, but the delivery of an interrupt or exception. */
        DELIVERY
    }

    Decoded {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    static Decoded of(Kind kind, List<Operand> reads, List<Operand> writes, int flagsRead, int flagsWritten) {
        return new Decoded(0, kind, reads, writes, flagsRead, flagsWritten);
    }

    /** Of a kind that needs no more to be said. */
    static Decoded of(Kind kind) {
        return of(kind, List.of(), List.of(), 0, 0);
    }

    /** Of a kind that makes one operand of others, and leaves the flags alone. */
    static Decoded of(Kind kind, List<Operand> reads, Operand written) {
        return of(kind, reads, List.of(written), 0, 0);
    }

    static Decoded copy(Operand to, Operand from) {
        return of(Kind.COPY, List.of(from), to);
    }

    static Decoded exchange(Operand one, Operand other) {
        return of(Kind.EXCHANGE, List.of(one, other), List.of(one, other), 0, 0);
    }

    static Decoded push(Operand operand) {
        return of(Kind.PUSH, List.of(operand), List.of(), 0, 0);
    }

    /** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP by their number. */
    static Decoded arithmetic(int operation, Operand to, Operand from) {
        List<Operand> both = List.of(to, from);
        List<Operand> result = List.of(to);
        boolean same = to instanceof Operand.Register && to.equals(from);
        if (same && (operation == 5 || operation == 6)) {
            return of(Kind.COPY, List.of(Operand.immediate(0, to.bytes())), result, 0, ARITHMETIC);
        }
        return switch (operation) {
            case 0 -> of(Kind.ADD, both, result, 0, ARITHMETIC);
            case 2, 3 -> of(Kind.OTHER, both, result, CF, ARITHMETIC);
            case 4 -> of(Kind.AND, both, result, 0, ARITHMETIC);
            case 5 -> of(Kind.SUBTRACT, both, result, 0, ARITHMETIC);
            case 6 -> of(Kind.XOR, both, result, 0, ARITHMETIC);
            case 7 -> of(Kind.COMPARE, both, List.of(), 0, ARITHMETIC);
            default -> of(Kind.OR, both, result, 0, ARITHMETIC);
        };
    }

    /** INC and DEC. */
    static Decoded step(Operand operand, boolean up) {
        return of(up ? Kind.ADD : Kind.SUBTRACT, List.of(operand, Operand.immediate(1, operand.bytes())), List.of(operand), 0, ARITHMETIC & ~CF);
    }

    /** The flags that a condition depends on, by its number in Jcc, SETcc and CMOVcc (SDM vol. 1, appendix B). */
    static int conditionFlags(int condition) {
        return switch (condition >> 1) {
            case 0 -> OF;
            case 1 -> CF;
            case 2 -> ZF;
            case 3 -> CF | ZF;
            case 4 -> SF;
            case 5 -> PF;
            case 6 -> SF | OF;
            default -> ZF | SF | OF;
        };
    }

    /** Jcc. */
    static Decoded jump(int condition) {
        return of(Kind.BRANCH, List.of(), List.of(), conditionFlags(condition), 0);
    }

    /** The count of a string instruction with a repeat prefix. */
    Optional<Operand.Register> repeatCount() {
        return kind == Kind.STRING && writes.getLast() instanceof Operand.Register last && last.number() == CpuState.RCX ? Optional.of(last) : Optional.empty();
    }

    Decoded withLength(int bytes) {
        return new Decoded(bytes, kind, reads, writes, flagsRead, flagsWritten);
    }
}
