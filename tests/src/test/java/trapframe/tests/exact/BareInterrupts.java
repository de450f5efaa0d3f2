package trapframe.tests.exact;

import java.util.function.IntSupplier;
import trapframe.bus.LocalInterrupts;
import trapframe.bus.MmioDevice;

/** What a CPU without a local APIC has: a vector for whoever drives its INTR pin, and CR8, which keeps nothing back. */
public final class BareInterrupts implements LocalInterrupts {
    private final IntSupplier acknowledge;
    private int taskPriority;

    /** @param acknowledge gives the vector */
    public BareInterrupts(IntSupplier acknowledge) {
        this.acknowledge = acknowledge;
    }

    @Override
    public int acknowledge() {
        return acknowledge.getAsInt();
    }

    @Override
    public int taskPriority() {
        return taskPriority;
    }

    @Override
    public void setTaskPriority(int priority) {
        taskPriority = priority;
    }

    @Override
    public long base() {
        return 0;
    }

    @Override
    public void setBase(long value) {
        // There is nothing to be moved.
    }

    @Override
    public boolean enabled() {
        return false;
    }

    @Override
    public long registersPage() {
        return NO_PAGE;
    }

    @Override
    public MmioDevice registers() {
        throw new IllegalStateException("there are no registers");
    }
}
