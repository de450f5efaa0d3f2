package trapframe.diagnose.flow;

import java.util.List;

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
        AND,
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
        /** IN: from the port that it reads. OUT: its operands are the port and what is written. */
        IN, OUT,
        /** No instruction, but the delivery of an interrupt or exception. */
        DELIVERY
    }

    Decoded {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }
}
