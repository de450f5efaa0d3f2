package trapframe.timeline;

import trapframe.cpu.Watch;
import trapframe.machine.StopReason;

/** Why a {@link Timeline} is where it is now. */
public sealed interface Stop {
    /** The CPU of this number executes the instruction at a linear address next. */
    record Breakpoint(int cpu, long address) implements Stop { }

    /**
     * A CPU, or a device in its turn, made an access that was watched for: it was the last thing that happened when time went forwards, and
     * is the next one when it went backwards.
     *
     * @param address physical, of the first byte of the access
     */
    record Watchpoint(int cpu, Watch watch, long address, boolean write) implements Stop { }

    /** One instruction was executed by a CPU, or undone; or an interrupt or exception was delivered to it. */
    record Step(int cpu) implements Stop { }

    /** The moment is the one that was asked for. */
    record Position() implements Stop { }

    /** There is nothing before. */
    record Start() implements Stop { }

    /** The run is over, and there is nothing behind. */
    record End(StopReason reason) implements Stop { }

    /** Somebody called {@link trapframe.machine.Machine#requestStop}. */
    record Interrupted() implements Stop { }
}
