package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;

/**
 * Evaluates DWARF expressions (2.5): how a value is computed from registers and memory. What needs a running function's own frame, or an
 * object in pieces, is not among the operations here: it describes local variables.
 */
final class Expression {
    private static final int MAX_DEPTH = 1024;
    private static final int MAX_STEPS = 10_000;

    private final Budget budget;
    private final List<Long> stack = new ArrayList<>();
    private Unit unit;
    private FrameRegisters registers;
    private MemoryView memory;

    Expression(Budget budget) {
        this.budget = budget;
    }

    /** Lets the expression use the addresses of a unit's table. */
    Expression inUnit(Unit of) {
        unit = of;
        return this;
    }

    /** Lets the expression use the registers of a frame, and the memory that they point to. */
    Expression inFrame(FrameRegisters of, MemoryView view) {
        registers = of;
        memory = view;
        return this;
    }

    /** Whether an expression begins with the address of something in memory. */
    static boolean isPlace(Cursor expression) {
        if (expression.atEnd()) {
            return false;
        }
        Cursor c = new Cursor(expression.section(), expression.position(), expression.end());
        int op = c.u8();
        return op == Dw.OP_ADDR || op == Dw.OP_ADDRX || op == Dw.OP_GNU_ADDR_INDEX;
    }

    /** What is on top of the stack at the end, given what is there at first. */
    long evaluate(Cursor c, long initial) {
        long start = c.position();
        push(initial);
        for (int steps = 0; !c.atEnd(); steps++) {
            budget.spend(1);
            if (steps > MAX_STEPS || stack.size() > MAX_DEPTH) {
                throw c.section().damaged("the expression at offset " + Names.hex(start) + " does not end");
            }
            step(c, c.u8());
        }
        return pop();
    }

    private void push(long value) {
        stack.add(value);
    }

    private long pop() {
        if (stack.isEmpty()) {
            throw new SymbolsException("the debug information is damaged: an expression takes a value that is not there");
        }
        return stack.removeLast();
    }

    private long peek(int depth) {
        if (depth >= stack.size()) {
            throw new SymbolsException("the debug information is damaged: an expression takes a value that is not there");
        }
        return stack.get(stack.size() - 1 - depth);
    }

    /** 2.5.1, 7.7.1. */
    private void step(Cursor c, int op) {
        switch (op) {
            case Dw.OP_ADDR -> push(c.unsigned(unit == null ? Long.BYTES : unit.addressSize()));
            case Dw.OP_ADDRX, Dw.OP_GNU_ADDR_INDEX -> push(unit == null ? 0 : unit.indexedAddress(c.uleb()));
            case Dw.OP_DEREF -> push(load(pop(), Long.BYTES));
            case Dw.OP_DEREF_SIZE -> push(load(pop(), c.u8()));
            case Dw.OP_CONST1U -> push(c.u8());
            case Dw.OP_CONST1S -> push((byte) c.u8());
            case Dw.OP_CONST2U -> push(c.u16());
            case Dw.OP_CONST2S -> push((short) c.u16());
            case Dw.OP_CONST4U -> push(c.u32());
            case Dw.OP_CONST4S -> push(c.i32());
            case Dw.OP_CONST8U, Dw.OP_CONST8S -> push(c.i64());
            case Dw.OP_CONSTU -> push(c.uleb());
            case Dw.OP_CONSTS -> push(c.sleb());
            case Dw.OP_DUP -> push(peek(0));
            case Dw.OP_DROP -> pop();
            case Dw.OP_OVER -> push(peek(1));
            case Dw.OP_PICK -> push(peek(c.u8()));
            case Dw.OP_SWAP -> rotate(2);
            case Dw.OP_ROT -> rotate(3);
            case Dw.OP_ABS -> push(Math.abs(pop()));
            case Dw.OP_NEG -> push(-pop());
            case Dw.OP_NOT -> push(~pop());
            case Dw.OP_PLUS_UCONST -> push(pop() + c.uleb());
            case Dw.OP_BRA -> {
                int distance = (short) c.u16();
                if (pop() != 0) {
                    c.seek(c.position() + distance);
                }
            }
            case Dw.OP_SKIP -> {
                int distance = (short) c.u16();
                c.seek(c.position() + distance);
            }
            case Dw.OP_BREGX -> push(register(c.ulebInt()) + c.sleb());
            case Dw.OP_NOP, Dw.OP_STACK_VALUE -> { }
            default -> {
                if (op >= Dw.OP_BREG0 && op <= Dw.OP_BREG31) {
                    push(register(op - Dw.OP_BREG0) + c.sleb());
                } else if (op >= Dw.OP_LIT0 && op <= Dw.OP_LIT31) {
                    push(op - Dw.OP_LIT0);
                } else {
                    calculate(c, op, pop(), pop());
                }
            }
        }
    }

    /** Arithmetic and comparisons of the two values on top (2.5.1.4, 2.5.1.5). */
    private void calculate(Cursor c, int op, long top, long below) {
        push(switch (op) {
            case Dw.OP_AND -> below & top;
            case Dw.OP_DIV -> top == 0 ? 0 : below / top;
            case Dw.OP_MINUS -> below - top;
            case Dw.OP_MOD -> top == 0 ? 0 : Long.remainderUnsigned(below, top);
            case Dw.OP_MUL -> below * top;
            case Dw.OP_OR -> below | top;
            case Dw.OP_PLUS -> below + top;
            case Dw.OP_SHL -> top >= Long.SIZE || top < 0 ? 0 : below << top;
            case Dw.OP_SHR -> top >= Long.SIZE || top < 0 ? 0 : below >>> top;
            case Dw.OP_SHRA -> below >> Math.clamp(top, 0, Long.SIZE - 1);
            case Dw.OP_XOR -> below ^ top;
            case Dw.OP_EQ -> below == top ? 1 : 0;
            case Dw.OP_GE -> below >= top ? 1 : 0;
            case Dw.OP_GT -> below > top ? 1 : 0;
            case Dw.OP_LE -> below <= top ? 1 : 0;
            case Dw.OP_LT -> below < top ? 1 : 0;
            case Dw.OP_NE -> below != top ? 1 : 0;
            default -> throw c.section().damaged("an expression has the unknown operation " + Names.hex(op));
        });
    }

    /** The value on top goes below the others. */
    private void rotate(int count) {
        peek(count - 1);
        stack.add(stack.size() - count, stack.removeLast());
    }

    private long register(int number) {
        if (registers == null) {
            throw new SymbolsException("the debug information describes a place by a register, where there is none");
        }
        return registers.get(number).orElseThrow(() -> new SymbolsException("a value depends on register "
                + FrameRegisters.name(number) + ", which is not known"));
    }

    private long load(long address, int size) {
        if (memory == null || size < 1 || size > Long.BYTES) {
            throw new SymbolsException("the debug information describes a place by memory, where there is none");
        }
        return memory.number(address, size);
    }
}
