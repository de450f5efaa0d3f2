package trapframe.machine;

import trapframe.cpu.Observer;

/** Why a run ended. */
public sealed interface StopReason {
    /** The guest wrote a code to the debug-exit port. */
    record GuestExit(int code, boolean success) implements StopReason { }

    /** The guest asked for a reset, by way of the named part. */
    record Reset(String by) implements StopReason { }

    /** The guest switched the machine off. */
    record PowerOff() implements StopReason { }

    /** A fault came up during the delivery of a double fault, on the CPU of this number. */
    record TripleFault(int cpu) implements StopReason { }

    /** All CPUs wait, and nothing can wake any. */
    record HaltedForGood() implements StopReason { }

    /** The position of the limits was reached. */
    record PositionLimit() implements StopReason { }

    /** Something that {@link Machine#observe} asked for; the run could go on. */
    sealed interface Observed extends StopReason {
        /** The number of the CPU that it happened to. */
        int cpu();
    }

    /** A CPU is about to execute an instruction that {@link Machine#observe} named, by its linear address. */
    record Breakpoint(int cpu, long address) implements Observed { }

    /** The CPU of this number, or a device in its turn, made an access that {@link Machine#observe} named. */
    record Watchpoint(int cpu, Observer.Hit hit) implements Observed { }

    /** An interrupt or exception was delivered to a CPU, and {@link Machine#observe} asked for that. */
    record Delivered(int cpu) implements Observed { }

    /** A CPU is back where {@link Machine#awaitReturn} was called. */
    record Returned(int cpu) implements Observed { }

    /** {@link Machine#requestStop} was called. */
    record Interrupted() implements StopReason { }
}
