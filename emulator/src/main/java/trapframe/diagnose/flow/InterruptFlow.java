package trapframe.diagnose.flow;

import java.util.Optional;
import trapframe.unicorn.CpuState;

/** What deliveries of interrupts and exceptions leave on the stack, and what returns from them make of it. */
final class InterruptFlow {
    private final OperandFlow operands;
    private final Round.Surrounded around;
    private Optional<OpenPlaces> place = Optional.empty();

    InterruptFlow(OperandFlow operands, Round.Surrounded around) {
        this.operands = operands;
        this.around = around;
    }

    /** The frame has what the interrupted code had. */
    void deliver(Optional<OpenPlaces> between) throws Flow.RefusedException {
        place = between;
        if (place.isPresent()) {
            operands.demand(place.get().fits(operands.step().registers()), "what an interrupt finds");
            place.get().interrupt(operands.state());
        }
        operands.demand(around.interrupts() && operands.state().register(CpuState.RSP).isExact(), "an interrupt");
        for (Round.Bytes table : around.tables()) {
            operands.demand(!operands.state().memory().touches(table.physical(), table.length()), "the delivery of an interrupt");
        }
        Access frame = operands.step().stack();
        int word = frame.bytes() >= 40 ? 8 : 4;
        boolean error = frame.bytes() / word % 2 == 0;
        Value[] words = word == 8 ? new Value[] {saved(Value.RIP, word), Value.EXACT, interruptedFlags(word), Value.EXACT, Value.EXACT}
                : new Value[] {saved(Value.RIP, word), Value.EXACT, interruptedFlags(word)};
        int at = 0;
        if (error) {
            operands.store(frame.linear(), frame.physical(), word, Value.EXACT);
            at = word;
        }
        for (Value value : words) {
            operands.store(frame.linear() + at, frame.physical() + at, word, value);
            at += word;
        }
    }

    private Value saved(int what, int bytes) {
        return place.<Value>map(there -> there.saved(what, bytes)).orElse(Value.EXACT);
    }

    private Value interruptedFlags(int bytes) {
        return place.<Value>map(there -> there.saved(Value.FLAGS, bytes)).orElseGet(() -> Value.ofBits(operands.state().flags(), operands.step().flags()));
    }

    void interruptReturn(Optional<OpenPlaces> between) throws Flow.RefusedException {
        place = between;
        operands.demand(around.interrupts() && operands.state().register(CpuState.RSP).isExact(), "a return from an interrupt");
        Access frame = operands.step().stack();
        int words = frame.bytes() == 40 ? 5 : 3;
        int word = frame.bytes() / words;
        for (int i = 0; i < words; i++) {
            Value value = operands.state().memory().read(frame.physical() + (long) i * word, word, 0);
            switch (i) {
                case 0 -> operands.demand(value.equals(saved(Value.RIP, word)), "the address of a return from an interrupt");
                case 2 -> {
                    operands.demand(place.isPresent() ? value.equals(saved(Value.FLAGS, word)) : (value.bits() & ~Decoded.ARITHMETIC) == 0, "RFLAGS");
                    operands.state().setFlags(Decoded.ARITHMETIC | Decoded.DF, (int) value.bits() & Decoded.ARITHMETIC);
                }
                default -> operands.demand(value.isExact(), "a return from an interrupt");
            }
        }
        operands.demand(place.isEmpty() || place.get().isGivenBack(operands.state()), "what an interrupt leaves");
    }
}
