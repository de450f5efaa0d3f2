package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;
import trapframe.x86.MemoryOperand;

/**
 * Follows what varies from round to round through the instructions of one round. Where control, an address of a load or a fault could depend on
 * it, it refuses: what is left is the same instructions at the same addresses in every round.
 */
final class Flow {
    /** What varies got where it may not. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    /** What a store to an address that varies may reach. */
    interface Space {
        /** Where RAM is that a linear address is mapped to, if the guest's store there cannot fault nor change a page table; else empty. */
        OptionalLong writable(int cpu, long linear);
    }

    private static final long PAGE = 4096;
    private static final int COUNT_8254 = 0x40;
    private static final int CONTROL_8254 = 0x43;
    /** As control words select them. */
    private static final List<Long> OTHER_COUNTERS = List.of(1L, 2L);
    /** RAM ends before this physical address. */
    private static final long DEVICES = 0xc000_0000L;
    private static final long WIDEST_REGION = 1 << 20;

    private final Space space;
    private final Round.Surrounded around;
    private final boolean strict;
    private final FlowState state;
    private Step step;
    private Optional<OpenPlaces> place = Optional.empty();
    private final List<Round.Bytes> changing = new ArrayList<>();
    private boolean counts;

    /** @param strict whether it refuses; else what it says is a guess */
    Flow(Space space, FlowState start, Round.Surrounded around, boolean strict) {
        this.space = space;
        this.strict = strict;
        this.around = around;
        state = new FlowState(start);
    }

    /** Behind all that was executed. */
    FlowState state() {
        return state;
    }

    /** The bytes of RAM that are stored to, and where what is stored or what is overwritten may not be the same in each round. */
    List<Round.Bytes> changing() {
        return changing;
    }

    /** @param between where the CPU is before a delivery, or behind a return from one, if it is anywhere in a loop there */
    void execute(Step executed, Optional<OpenPlaces> between) throws RefusedException {
        step = executed;
        place = between;
        Decoded decoded = step.decoded();
        List<Operand> reads = decoded.reads();
        List<Operand> writes = decoded.writes();
        switch (decoded.kind()) {
            case NOTHING, INTERRUPT_FLAG -> { }
            case COPY -> {
                state.setFlags(decoded.flagsWritten(), 0);
                write(writes.getFirst(), read(reads.getFirst()));
            }
            case SIGN_EXTEND -> {
                Value value = read(reads.getFirst());
                write(writes.getFirst(), value.isExact() ? value : Value.anything(writes.getFirst().bytes()));
            }
            case ADDRESS -> address(writes.getFirst(), ((Operand.Memory) reads.getFirst()).place());
            case ADD, SUBTRACT, COMPARE -> sum(decoded);
            case AND, OR, XOR, TEST -> logic(decoded);
            case SHIFT_LEFT, SHIFT_RIGHT -> shift(decoded);
            case MULTIPLY -> multiply(decoded);
            case EXCHANGE -> {
                Value first = read(reads.getFirst());
                Value second = read(reads.getLast());
                write(writes.getFirst(), second);
                write(writes.getLast(), first);
            }
            case EXCHANGE_ADD -> {
                Operand to = reads.getFirst();
                Operand with = reads.getLast();
                Value before = read(to);
                Value sum = Value.sum(before, known(to), read(with), known(with), to.bytes(), false);
                state.setFlags(decoded.flagsWritten(), sum.isExact() && before.isExact() ? 0 : Decoded.ARITHMETIC);
                write(with, before);
                write(to, sum);
            }
            case PUSH -> push(reads.getFirst().bytes(), read(reads.getFirst()));
            case PUSH_FLAGS -> push(step.stack().bytes(), Value.ofBits(state.flags(), step.flags()));
            case CALL -> {
                for (Operand target : reads) {
                    demand(read(target).isExact(), "the target of a call");
                }
                push(step.stack().bytes(), Value.EXACT);
            }
            case POP -> {
                int bytes = writes.getFirst().bytes();
                Value value = pop(bytes);
                write(writes.getFirst(), value);
            }
            case POP_FLAGS -> {
                Value value = pop(step.stack().bytes());
                demand((value.bits() & ~(Decoded.ARITHMETIC | Decoded.DF)) == 0, "RFLAGS");
                state.setFlags(decoded.flagsWritten(), (int) value.bits());
            }
            case LEAVE -> {
                state.setRegister(CpuState.RSP, state.register(5));
                demand(state.register(5).isExact(), "the stack pointer");
                state.setRegister(5, pop(step.stack().bytes()));
            }
            case RETURN -> demand(pop(step.stack().bytes()).isExact(), "a return address");
            case BRANCH -> {
                demand((state.flags() & decoded.flagsRead()) == 0, "a branch");
                for (Operand operand : reads) {
                    demand(read(operand).isExact(), "a branch");
                }
                state.setFlags(decoded.flagsWritten(), 0);
            }
            case TIME -> {
                for (Operand operand : writes) {
                    write(operand, Value.anything(operand.bytes()));
                }
            }
            case OTHER -> other(decoded);
            case HALT -> demand(around.interrupts(), "a halt");
            case DELIVERY -> deliver();
            case INTERRUPT_RETURN -> interruptReturn();
            case IN -> {
                port(reads.getFirst());
                write(writes.getFirst(), step.poll() == null ? Value.anything(writes.getFirst().bytes()) : step.poll().read());
            }
            case OUT -> {
                port(reads.getFirst());
                if (known(reads.getFirst()) == CONTROL_8254 && OTHER_COUNTERS.contains(known(reads.getLast()) >> 6)) {
                    throw refused("an access to a counter that does not tick");
                }
                write(read(reads.getLast()), known(reads.getFirst()) == COUNT_8254);
            }
        }
    }

    /** The interrupt controllers, the 8254's counter 0, and the port whose only use is to take time. What they are is compared from round to round. */
    private static boolean isFollowed(long port) {
        return port == 0x20 || port == 0x21 || port == 0xa0 || port == 0xa1 || port == COUNT_8254 || port == CONTROL_8254 || port == 0x80;
    }

    private void port(Operand port) throws RefusedException {
        demand(read(port).isExact(), "a port's number");
        if (step.poll() == null && !(around.interrupts() && isFollowed(known(port)))) {
            throw refused("an access to a device");
        }
    }

    /** A timer may get a count that varies: then it is not known when it interrupts. */
    private void write(Value value, boolean isCount) throws RefusedException {
        demand(value.isExact() || isCount, "what is written to a device");
        counts |= !value.isExact();
    }

    /** Whether a timer gets counts that vary. */
    boolean counts() {
        return counts;
    }

    /** The frame has what the interrupted code had. */
    private void deliver() throws RefusedException {
        if (place.isPresent()) {
            demand(place.get().fits(step.registers()), "what an interrupt finds");
            place.get().interrupt(state);
        }
        demand(around.interrupts() && state.register(CpuState.RSP).isExact(), "an interrupt");
        for (Round.Bytes table : around.tables()) {
            demand(!state.memory().touches(table.physical(), table.length()), "the delivery of an interrupt");
        }
        Access frame = step.stack();
        int word = frame.bytes() >= 40 ? 8 : 4;
        boolean error = frame.bytes() / word % 2 == 0;
        Value[] words = word == 8 ? new Value[] {saved(Value.RIP, word), Value.EXACT, interruptedFlags(word), Value.EXACT, Value.EXACT}
                : new Value[] {saved(Value.RIP, word), Value.EXACT, interruptedFlags(word)};
        int at = 0;
        if (error) {
            store(frame.linear(), frame.physical(), word, Value.EXACT);
            at = word;
        }
        for (Value value : words) {
            store(frame.linear() + at, frame.physical() + at, word, value);
            at += word;
        }
    }

    private Value saved(int what, int bytes) {
        return place.<Value>map(there -> there.saved(what, bytes)).orElse(Value.EXACT);
    }

    private Value interruptedFlags(int bytes) {
        return place.<Value>map(there -> there.saved(Value.FLAGS, bytes)).orElseGet(() -> Value.ofBits(state.flags(), step.flags()));
    }

    private void interruptReturn() throws RefusedException {
        demand(around.interrupts() && state.register(CpuState.RSP).isExact(), "a return from an interrupt");
        Access frame = step.stack();
        int words = frame.bytes() == 40 ? 5 : 3;
        int word = frame.bytes() / words;
        for (int i = 0; i < words; i++) {
            Value value = state.memory().read(frame.physical() + (long) i * word, word, 0);
            switch (i) {
                case 0 -> demand(value.equals(saved(Value.RIP, word)), "the address of a return from an interrupt");
                case 2 -> {
                    demand(place.isPresent() ? value.equals(saved(Value.FLAGS, word)) : (value.bits() & ~Decoded.ARITHMETIC) == 0, "RFLAGS");
                    state.setFlags(Decoded.ARITHMETIC | Decoded.DF, (int) value.bits() & Decoded.ARITHMETIC);
                }
                default -> demand(value.isExact(), "a return from an interrupt");
            }
        }
        demand(place.isEmpty() || place.get().isGivenBack(state), "what an interrupt leaves");
    }

    private RefusedException refused(String what) {
        return new RefusedException(what + " at 0x" + Long.toHexString(step.rip()));
    }

    private void demand(boolean exact, String what) throws RefusedException {
        if (!exact && strict) {
            throw refused(what + " depends on what changes,");
        }
    }

    /** The value of an operand in the round that is known. */
    private long known(Operand operand) {
        return switch (operand) {
            case Operand.Immediate immediate -> immediate.value();
            case Operand.Register(int number, int bytes, boolean high) -> (high ? step.registers()[number] >>> 8 : step.registers()[number]) & Value.mask(bytes);
            case Operand.Memory _ -> step.operand().before();
        };
    }

    private Value read(Operand operand) throws RefusedException {
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
                return state.memory().read(step.operand().physical(), bytes, step.operand().before());
            }
        }
    }

    private void address(Operand to, MemoryOperand place) throws RefusedException {
        write(to, offset(place).low(to.bytes(), knownOffset(place)));
    }

    private long knownOffset(MemoryOperand place) {
        return place.offset(number -> step.registers()[number]);
    }

    /** The offset that a memory operand names. */
    private Value offset(MemoryOperand place) {
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

    private void write(Operand operand, Value value) throws RefusedException {
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

    private void store(MemoryOperand place, int bytes, Value value) throws RefusedException {
        Value offset = offset(place);
        Access access = step.operand();
        if (!offset.isExact()) {
            spoil(place, bytes, offset);
        } else if (access.physical() >= DEVICES) {
            demand(around.interrupts(), "an access to a device");
            write(value, access.physical() == Tracer.LOCAL_COUNT);
        } else {
            store(access.linear(), access.physical(), bytes, fit(value, bytes));
        }
    }

    private void store(long linear, long physical, int bytes, Value value) {
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
    private void spoil(MemoryOperand place, int bytes, Value offset) throws RefusedException {
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

    private void push(int bytes, Value value) throws RefusedException {
        demand(state.register(CpuState.RSP).isExact(), "the stack pointer");
        store(step.stack().linear(), step.stack().physical(), bytes, fit(value, bytes));
    }

    private Value pop(int bytes) throws RefusedException {
        demand(state.register(CpuState.RSP).isExact(), "the stack pointer");
        return state.memory().read(step.stack().physical(), bytes, step.stack().before());
    }

    private void sum(Decoded decoded) throws RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = read(one);
        Value second = read(two);
        // What a device gave to a comparison is not known.
        demand(step.poll() == null || first.isExact() && second.isExact(), "a comparison with a device");
        boolean minus = decoded.kind() != Kind.ADD;
        Value sum = Value.sum(first, known(one), second, known(two), one.bytes(), minus);
        int varying = first.isExact() && second.isExact() ? 0
                // A result that stays the same has the same flags but for those that say how it came about.
                : sum.isExact() ? Decoded.CF | Decoded.OF | Decoded.AF : Decoded.ARITHMETIC;
        state.setFlags(decoded.flagsWritten(), varying);
        if (decoded.kind() != Kind.COMPARE) {
            write(decoded.writes().getFirst(), sum);
        }
    }

    private void logic(Decoded decoded) throws RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = read(one);
        Value second = read(two);
        // What a device gave to a comparison is not known.
        demand(step.poll() == null || first.isExact() && second.isExact(), "a comparison with a device");
        boolean meet = decoded.kind() == Kind.AND || decoded.kind() == Kind.TEST;
        long known = meet ? known(one) & known(two) : decoded.kind() == Kind.OR ? known(one) | known(two) : known(one) ^ known(two);
        known &= Value.mask(one.bytes());
        Value result = first.isExact() && second.isExact() ? Value.EXACT : one.equals(two) ? first
                : meet ? Value.and(first, known(one), second, known(two)) : Value.ofBits((first.bits() | second.bits()) & Value.mask(one.bytes()), known);
        int varying = 0;
        if (!result.isExact()) {
            varying = Decoded.PF | Decoded.AF;
            varying |= (known & ~result.bits()) != 0 ? 0 : Decoded.ZF;
            varying |= result.bits() >>> 8 * one.bytes() - 1 == 0 ? 0 : Decoded.SF;
        }
        state.setFlags(decoded.flagsWritten(), varying);
        if (decoded.kind() != Kind.TEST) {
            write(decoded.writes().getFirst(), result);
        }
    }

    private void shift(Decoded decoded) throws RefusedException {
        Operand operand = decoded.reads().getFirst();
        Value value = read(operand);
        Value by = read(decoded.reads().getLast());
        int count = (int) known(decoded.reads().getLast()) & (operand.bytes() == 8 ? 63 : 31);
        if (by.isExact() && count == 0) {
            return;
        }
        Value result = value.isExact() && by.isExact() ? Value.EXACT : !by.isExact() || count >= 8 * operand.bytes() ? Value.anything(operand.bytes())
                : decoded.kind() == Kind.SHIFT_LEFT ? value.times(1L << count, operand.bytes()) : value.right(count, known(operand));
        state.setFlags(decoded.flagsWritten(), value.isExact() && by.isExact() ? 0 : Decoded.ARITHMETIC);
        write(decoded.writes().getFirst(), result);
    }

    private void multiply(Decoded decoded) throws RefusedException {
        Operand one = decoded.reads().getFirst();
        Operand two = decoded.reads().getLast();
        Value first = read(one);
        Value second = read(two);
        int bytes = one.bytes();
        Value product = second.isExact() ? first.times(known(two), bytes) : first.isExact() ? second.times(known(one), bytes) : Value.anything(bytes);
        state.setFlags(decoded.flagsWritten(), first.isExact() && second.isExact() ? 0 : Decoded.ARITHMETIC);
        write(decoded.writes().getFirst(), product);
    }

    private void other(Decoded decoded) throws RefusedException {
        boolean exact = (state.flags() & decoded.flagsRead()) == 0;
        for (Operand operand : decoded.reads()) {
            exact &= read(operand).isExact();
        }
        state.setFlags(decoded.flagsWritten(), exact ? 0 : Decoded.ARITHMETIC | Decoded.DF);
        for (Operand operand : decoded.writes()) {
            write(operand, exact ? Value.EXACT : Value.anything(operand.bytes()));
        }
    }
}
