package trapframe.device;

/** What the chipset can do to the machine as a whole. The machine decides what follows from it. */
public interface SystemControl {
    /**
     * The guest asked for a reset of the processor or the whole machine.
     *
     * @param by the part that was asked, for reports, such as {@code "keyboard controller"}
     */
    void resetRequested(String by);

    /** The guest switched the machine off. */
    void powerOffRequested();

    /** The guest wrote {@code value} (up to 32 bits, as an unsigned number in an int) to the debug-exit port. */
    void exitRequested(int value);

    /** Address line 20 now passes ({@code true}) or is forced to zero ({@code false}). */
    void a20(boolean enabled);
}
