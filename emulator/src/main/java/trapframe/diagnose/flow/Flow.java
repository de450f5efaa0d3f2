package trapframe.diagnose.flow;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.diagnose.flow.Decoded.Kind;
import trapframe.unicorn.CpuState;

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

    private static final int COUNT_8254 = 0x40;
    private static final int CONTROL_8254 = 0x43;
    /** As control words select them. */
    private static final List<Long> OTHER_COUNTERS = List.of(1L, 2L);

    private final Round.Surrounded around;
    private final FlowState state;
    private final OperandFlow operands;
    private final ArithmeticFlow arithmetic;
    private final InterruptFlow interrupts;

    /** @param strict whether it refuses; else what it says is a guess */
    Flow(Space space, FlowState start, Round.Surrounded around, boolean strict) {
        this.around = around;
        operands = new OperandFlow(space, start, around.interrupts(), strict);
        state = operands.state();
        arithmetic = new ArithmeticFlow(operands);
        interrupts = new InterruptFlow(operands, around);
    }

    /** Behind all that was executed. */
    FlowState state() {
        return state;
    }

    /** The bytes of RAM that are stored to, and where what is stored or what is overwritten may not be the same in each round. */
    List<Round.Bytes> changing() {
        return operands.changing();
    }

    /** Whether a timer gets counts that vary. */
    boolean counts() {
        return operands.counts();
    }

    /** @param between where the CPU is before a delivery, or behind a return from one, if it is anywhere in a loop there */
    void execute(Step executed, Optional<OpenPlaces> between) throws RefusedException {
        operands.begin(executed);
        Decoded decoded = executed.decoded();
        List<Operand> reads = decoded.reads();
        List<Operand> writes = decoded.writes();
        switch (decoded.kind()) {
            case NOTHING, INTERRUPT_FLAG -> { }
            case COPY -> {
                state.setFlags(decoded.flagsWritten(), 0);
                operands.write(writes.getFirst(), operands.read(reads.getFirst()));
            }
            case SIGN_EXTEND -> {
                Value value = operands.read(reads.getFirst());
                operands.write(writes.getFirst(), value.isExact() ? value : Value.anything(writes.getFirst().bytes()));
            }
            case ADDRESS -> operands.address(writes.getFirst(), ((Operand.Memory) reads.getFirst()).place());
            case ADD, SUBTRACT, COMPARE -> arithmetic.sum(decoded);
            case AND, OR, XOR, TEST -> arithmetic.logic(decoded);
            case SHIFT_LEFT, SHIFT_RIGHT -> arithmetic.shift(decoded);
            case MULTIPLY -> arithmetic.multiply(decoded);
            case EXCHANGE -> {
                Value first = operands.read(reads.getFirst());
                Value second = operands.read(reads.getLast());
                operands.write(writes.getFirst(), second);
                operands.write(writes.getLast(), first);
            }
            case EXCHANGE_ADD -> {
                Operand to = reads.getFirst();
                Operand with = reads.getLast();
                Value before = operands.read(to);
                Value sum = Value.sum(before, operands.known(to), operands.read(with), operands.known(with), to.bytes(), false);
                state.setFlags(decoded.flagsWritten(), sum.isExact() && before.isExact() ? 0 : Decoded.ARITHMETIC);
                operands.write(with, before);
                operands.write(to, sum);
            }
            case PUSH -> operands.push(reads.getFirst().bytes(), operands.read(reads.getFirst()));
            case PUSH_FLAGS -> operands.push(executed.stack().bytes(), Value.ofBits(state.flags(), executed.flags()));
            case CALL -> {
                for (Operand target : reads) {
                    operands.demand(operands.read(target).isExact(), "the target of a call");
                }
                operands.push(executed.stack().bytes(), Value.EXACT);
            }
            case POP -> {
                int bytes = writes.getFirst().bytes();
                Value value = operands.pop(bytes);
                operands.write(writes.getFirst(), value);
            }
            case POP_FLAGS -> {
                Value value = operands.pop(executed.stack().bytes());
                operands.demand((value.bits() & ~(Decoded.ARITHMETIC | Decoded.DF)) == 0, "RFLAGS");
                state.setFlags(decoded.flagsWritten(), (int) value.bits());
            }
            case LEAVE -> {
                state.setRegister(CpuState.RSP, state.register(5));
                operands.demand(state.register(5).isExact(), "the stack pointer");
                state.setRegister(5, operands.pop(executed.stack().bytes()));
            }
            case RETURN -> operands.demand(operands.pop(executed.stack().bytes()).isExact(), "a return address");
            case BRANCH -> {
                operands.demand((state.flags() & decoded.flagsRead()) == 0, "a branch");
                for (Operand operand : reads) {
                    operands.demand(operands.read(operand).isExact(), "a branch");
                }
                state.setFlags(decoded.flagsWritten(), 0);
            }
            case TIME -> {
                for (Operand operand : writes) {
                    operands.write(operand, Value.anything(operand.bytes()));
                }
            }
            case STRING -> string(decoded);
            case OTHER -> arithmetic.other(decoded);
            case HALT -> operands.demand(around.interrupts(), "a halt");
            case DELIVERY -> interrupts.deliver(between);
            case INTERRUPT_RETURN -> interrupts.interruptReturn(between);
            case IN -> {
                port(reads.getFirst());
                operands.write(writes.getFirst(), executed.poll() == null ? Value.anything(writes.getFirst().bytes()) : executed.poll().read());
            }
            case OUT -> {
                port(reads.getFirst());
                if (operands.known(reads.getFirst()) == CONTROL_8254 && OTHER_COUNTERS.contains(operands.known(reads.getLast()) >> 6)) {
                    throw operands.refused("an access to a counter that does not tick");
                }
                operands.writeToDevice(operands.read(reads.getLast()), operands.known(reads.getFirst()) == COUNT_8254);
            }
        }
    }

    /** An element, or the end of a repeated instruction: which of them depends on the count. */
    private void string(Decoded decoded) throws RefusedException {
        operands.demand((state.flags() & decoded.flagsRead()) == 0, "the direction of a string instruction");
        Optional<Operand.Register> count = decoded.repeatCount();
        if (count.isPresent()) {
            operands.demand(operands.read(count.get()).isExact(), "the count of a string instruction");
            if (operands.known(count.get()) == 0) {
                return;
            }
        }
        boolean compares = decoded.flagsWritten() != 0;
        if (compares) {
            arithmetic.sum(decoded);
            operands.demand(count.isEmpty() || (state.flags() & Decoded.ZF) == 0, "the end of a string instruction");
        } else {
            operands.write(decoded.writes().getFirst(), operands.read(decoded.reads().getFirst()));
        }
        boolean down = (operands.step().flags() & Decoded.DF) != 0;
        int bytes = decoded.reads().getFirst().bytes();
        for (Operand pointer : decoded.writes().subList(compares ? 0 : 1, decoded.writes().size() - (count.isPresent() ? 1 : 0))) {
            operands.write(pointer, Value.sum(operands.read(pointer), operands.known(pointer), Value.EXACT, bytes, pointer.bytes(), down));
        }
        if (count.isPresent()) {
            operands.write(count.get(), Value.EXACT);
        }
    }

    /** The interrupt controllers, the 8254's counter 0, and the port whose only use is to take time. What they are is compared from round to round. */
    private static boolean isFollowed(long port) {
        return port == 0x20 || port == 0x21 || port == 0xa0 || port == 0xa1 || port == COUNT_8254 || port == CONTROL_8254 || port == 0x80;
    }

    private void port(Operand port) throws RefusedException {
        operands.demand(operands.read(port).isExact(), "a port's number");
        if (operands.step().poll() == null && !(around.interrupts() && isFollowed(operands.known(port)))) {
            throw operands.refused("an access to a device");
        }
    }
}
