package trapframe.bus;

/** A processor's interrupt controller, as that processor sees it (SDM vol. 3A, chapter 11). */
public interface LocalInterrupts {
    /** The value of {@link #registersPage} when there is no page of registers. */
    long NO_PAGE = -1;

    /** The interrupt-acknowledge cycle: returns the vector, 0 to 255, and puts the interrupt into service. */
    int acknowledge();

    /** CR8: the class of the task priority, 0 to 15. */
    int taskPriority();

    void setTaskPriority(int priority);

    /** IA32_APIC_BASE. */
    long base();

    /** Writes IA32_APIC_BASE, after WRMSR's checks. */
    void setBase(long value);

    /** Whether IA32_APIC_BASE says that there is a local APIC. */
    boolean enabled();

    /** Physical address of the page in which this processor sees {@link #registers}, or {@link #NO_PAGE}. */
    long registersPage();

    /** The registers. No other processor reaches them. */
    MmioDevice registers();
}
