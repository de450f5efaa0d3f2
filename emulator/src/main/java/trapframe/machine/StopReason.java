package trapframe.machine;

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

    /** {@link Machine#requestStop} was called. */
    record Interrupted() implements StopReason { }
}
