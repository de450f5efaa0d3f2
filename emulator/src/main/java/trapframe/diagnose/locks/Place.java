package trapframe.diagnose.locks;

import java.util.List;
import java.util.OptionalInt;

/**
 * Where a CPU was when it took a lock, or did something else of interest.
 *
 * @param position  of the instruction
 * @param cpu       number
 * @param context   the number of the stack that it ran on
 * @param interrupt the vector, if it was in the handler of an interrupt from a pin
 * @param enabled   whether interrupts were on
 * @param backtrace addresses of code, from the instruction itself outwards; for those behind the first an address inside of the call
 */
public record Place(long position, int cpu, int context, OptionalInt interrupt, boolean enabled, List<Long> backtrace) {
    public Place {
        backtrace = List.copyOf(backtrace);
    }

    /** Address of the instruction. */
    public long rip() {
        return backtrace.getFirst();
    }
}
