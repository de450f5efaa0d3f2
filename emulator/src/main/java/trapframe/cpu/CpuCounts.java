package trapframe.cpu;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What happened in a CPU since power-on; deterministic. */
public final class CpuCounts {
    /** @param doubleFault the last one */
    record State(long codeBytes, List<Long> exceptions, long interrupts, long softwareInterrupts, long systemCalls, long halts,
                 Optional<DoubleFault> doubleFault) { }

    private long codeBytes;
    private final long[] exceptions = new long[Vector.COUNT];
    private long interrupts;
    private long softwareInterrupts;
    private long systemCalls;
    private long halts;
    private Optional<DoubleFault> doubleFault = Optional.empty();

    /** Code bytes executed. */
    public long codeBytes() {
        return codeBytes;
    }

    /** Exceptions delivered, by vector. */
    public long exceptions(int vector) {
        return exceptions[vector];
    }

    /** Interrupts taken from the interrupt controller. */
    public long interrupts() {
        return interrupts;
    }

    /** INT n, INT3 and INTO. */
    public long softwareInterrupts() {
        return softwareInterrupts;
    }

    /** SYSCALL and SYSENTER. */
    public long systemCalls() {
        return systemCalls;
    }

    public long halts() {
        return halts;
    }

    /** The last double fault that was delivered. */
    public Optional<DoubleFault> doubleFault() {
        return doubleFault;
    }

    State state() {
        return new State(codeBytes, Arrays.stream(exceptions).boxed().toList(), interrupts, softwareInterrupts, systemCalls, halts,
                doubleFault);
    }

    void restore(State state) {
        codeBytes = state.codeBytes;
        Arrays.setAll(exceptions, state.exceptions::get);
        interrupts = state.interrupts;
        softwareInterrupts = state.softwareInterrupts;
        systemCalls = state.systemCalls;
        halts = state.halts;
        doubleFault = state.doubleFault;
    }

    void countCodeBytes(long count) {
        codeBytes += count;
    }

    void countException(int vector) {
        exceptions[vector]++;
    }

    void countInterrupt() {
        interrupts++;
    }

    void countSoftwareInterrupt() {
        softwareInterrupts++;
    }

    void countSystemCall() {
        systemCalls++;
    }

    void countHalt() {
        halts++;
    }

    void noteDoubleFault(DoubleFault fault) {
        doubleFault = Optional.of(fault);
    }
}
