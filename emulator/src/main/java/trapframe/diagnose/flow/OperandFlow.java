package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import trapframe.unicorn.CpuState;
import trapframe.x86.MemoryOperand;

/** What is known of the operands of one instruction after the other: where they are, what they hold in all rounds, and what becomes of what is written. */
final class OperandFlow {
    private static final long PAGE = 4096;
    /** RAM ends before this physical address. */
    private static final long DEVICES = 0xc000_0000L;
    private static final long WIDEST_REGION = 1 << 20;

    private final Flow.Space space;
    private final boolean interrupts;
    private final boolean strict;
    private final FlowState state;
    private final List<Round.Bytes> changing = new ArrayList<>();
    private Step step;
    private boolean counts;

    /**
     * @param interrupts whether handlers may tell interrupt controllers and timers what to do
     * @param strict     whether it refuses; else what it says is a guess
     */
    OperandFlow(Flow.Space space, FlowState start, boolean interrupts, boolean strict) {
        this.space = space;
        this.interrupts = interrupts;
        this.strict = strict;
        state = new FlowState(start);
    }

    /** The instruction whose operands are asked for from now on. */
    void begin(Step executed) {
        step = executed;
    }

    Step step() {
        return step;
    }

    /** Behind all that was executed. */
    FlowState state() {
        return state;
    }

    /** The bytes of RAM that are stored to, and where what is stored or what is overwritten may not be the same in each round. */
    List<Round.Bytes> changing() {
        return changing;
    }

    /** Whether a timer gets counts that vary. */
    boolean counts() {
        return counts;
    }

    /** A timer may get a count that varies: then it is not known when it interrupts. */
    void writeToDevice(Value value, boolean isCount) throws Flow.RefusedException {
        demand(value.isExact() || isCount, "what is written to a device");
        counts |= !value.isExact();
    }

    Flow.RefusedException refused(String what) {
        return new Flow.RefusedException(what + " at 0x" + Long.toHexString(step.rip()));
    }

    void demand(boolean exact, String what) throws Flow.RefusedException {
        if (!exact && strict) {
            throw refused(what + " depends on what changes,");
        }
    }

    /** The value of an operand in the round that is known. */
    long known(Operand operand) {
        return switch (operand) {
            case Operand.Immediate immediate -> immediate.value();
            case Operand.Register(int number, int bytes, boolean high) -> (high ? step.registers()[number] >>> 8 : step.registers()[number]) & Value.mask(bytes);
            case Operand.Memory memory -> load(memory).before();
        };
    }

    Value read(Operand operand) throws Flow.RefusedException {
        switch (operand) {
            case Operand.Immediate _ -> {
                return Value.EXACT;
            }
            case Operand.Register(int number, int bytes, boolean high) -> {
                Value value = state.register(number);
                long known = step.registers()[number];
                return high ? value.right(8, known).low(1, known >>> 8) : value.low(bytes, known);
            }
            case Operand.Memory(MemoryOperand place, int bytes) -> {
                demand(offset(place).isExact(), "the address of a load");
                if (step.poll() != null) {
                    return step.poll().read();
                }
                Access load = load((Operand.Memory) operand);
                return state.memory().read(load.physical(), bytes, load.before());
            }
        }
    }

    /** The access that reads an operand in memory: a string instruction's second one stands beside the first. */
    private Access load(Operand.Memory memory) {
        boolean second = step.decoded().kind() == Decoded.Kind.STRING && step.stack() != null && memory.equals(step.decoded().reads().getLast());
        return second ? step.stack() : step.operand();
    }

    void address(Operand to, MemoryOperand place) throws Flow.RefusedException {
        write(to, offset(place).low(to.bytes(), knownOffset(place)));
    }

    private long knownOffset(MemoryOperand place) {
        return place.offset(number -> step.registers()[number]);
    }

    /** The offset that a memory operand names. */
    Value offset(MemoryOperand place) {
        Value sum = Value.EXACT;
        long known = place.displacement();
        if (place.base() != MemoryOperand.NONE) {
            long base = step.registers()[place.base()];
            sum = Value.sum(sum, known, state.register(place.base()), base, 8, false);
            known += base;
        }
        if (place.index() != MemoryOperand.NONE) {
            long index = step.registers()[place.index()];
            sum = Value.sum(sum, known, state.register(place.index()).times(place.scale(), 8), index * place.scale(), 8, false);
            known += index * place.scale();
        }
        return sum.isExact() ? sum : sum.low(place.addressSize(), known);
    }

    void write(Operand operand, Value value) throws Flow.RefusedException {
        int bytes = operand.bytes();
        switch (operand) {
            case Operand.Memory(MemoryOperand place, _) -> store(place, bytes, value);
            case Operand.Register register when bytes >= 4 -> state.setRegister(register.number(), fit(value, bytes));
            case Operand.Register(int number, _, boolean high) -> {
                int shift = high ? 8 : 0;
                long mask = Value.mask(bytes) << shift;
                long bits = state.register(number).bits() & ~mask | value.bits() << shift & mask;
                state.setRegister(number, bits == 0 ? Value.EXACT : new Value.Varies(bits, 0, -1));
            }
            case Operand.Immediate _ -> throw new IllegalArgumentException("nothing is written to a number");
        }
    }

    private void store(MemoryOperand place, int bytes, Value value) throws Flow.RefusedException {
        Value offset = offset(place);
        Access access = step.operand();
        if (!offset.isExact()) {
            spoil(place, bytes, offset);
        } else if (access.physical() >= DEVICES) {
            demand(interrupts, "an access to a device");
            writeToDevice(value, access.physical() == Accesses.LOCAL_COUNT);
        } else {
            store(access.linear(), access.physical(), bytes, fit(value, bytes));
        }
    }

    void store(long linear, long physical, int bytes, Value value) {
        if (!value.isExact() || state.memory().touches(physical, bytes)) {
            changing.add(new Round.Bytes(physical, bytes));
        }
        state.memory().write(linear, physical, bytes, value);
    }

    private static Value fit(Value value, int bytes) {
        return value instanceof Value.Counts(_, int width) && width > bytes ? value.low(bytes, 0)
                : value instanceof Value.Varies(_, _, long high) && Long.compareUnsigned(high, Value.mask(bytes)) > 0 ? Value.anything(bytes) : value;
    }

    /** A store somewhere in a range: all of the range may have changed. */
    private void spoil(MemoryOperand place, int bytes, Value offset) throws Flow.RefusedException {
        if (!strict) {
            return;
        }
        demand(offset instanceof Value.Varies, "the address of a store");
        Value.Varies range = (Value.Varies) offset;
        long length = range.high() - range.low() + bytes;
        demand(length > 0 && length <= WIDEST_REGION && place.addressSize() == 8, "the address of a store");
        long base = step.operand().linear() - knownOffset(place);
        long first = range.low() + base;
        for (long at = first; at - first < length; ) {
            long piece = Math.min(length - (at - first), PAGE - (at & PAGE - 1));
            OptionalLong physical = space.writable(step.cpu(), at);
            demand(physical.isPresent(), "the address of a store");
            state.memory().spoil(new VaryingMemory.Region(at, physical.getAsLong(), piece));
            changing.add(new Round.Bytes(physical.getAsLong(), (int) piece));
            at += piece;
        }
    }

    void push(int bytes, Value value) throws Flow.RefusedException {
        demand(state.register(CpuState.RSP).isExact(), "the stack pointer");
        store(step.stack().linear(), step.stack().physical(), bytes, fit(value, bytes));
    }

    Value pop(int bytes) throws Flow.RefusedException {
        demand(state.register(CpuState.RSP).isExact(), "the stack pointer");
        return state.memory().read(step.stack().physical(), bytes, step.stack().before());
    }
}
