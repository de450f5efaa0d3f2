package trapframe.cpu;

import java.util.Arrays;
import java.util.List;

/** What happened in a CPU since power-on; deterministic. */
public final class CpuCounts {
    record State(long codeBytes, List<Long> exceptions, long interrupts, long softwareInterrupts, long systemCalls, long halts) { }

    private long codeBytes;
    private final long[] exceptions = new long[Vector.COUNT];
    private long interrupts;
    private long softwareInterrupts;
    private long systemCalls;
    private long halts;

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

    State state() {
        return new State(codeBytes, Arrays.stream(exceptions).boxed().toList(), interrupts, softwareInterrupts, systemCalls, halts);
    }

    void restore(State state) {
        codeBytes = state.codeBytes;
        Arrays.setAll(exceptions, state.exceptions::get);
        interrupts = state.interrupts;
        softwareInterrupts = state.softwareInterrupts;
        systemCalls = state.systemCalls;
        halts = state.halts;
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
}
