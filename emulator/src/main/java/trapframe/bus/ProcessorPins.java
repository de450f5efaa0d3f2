package trapframe.bus;

/** What a local interrupt controller does to its processor. */
public interface ProcessorPins {
    /** INTR: whether there is an interrupt to acknowledge. */
    void interrupt(boolean level);

    /** A non-maskable interrupt. */
    void nmi();

    /** INIT: the processor goes back to its state after reset, and a processor other than the bootstrap one waits. */
    void init();

    /**
     * A start-up message, which a processor that waits for one obeys.
     *
     * @param vector the page number, 0 to 255, of the real-mode code to start at
     */
    void startup(int vector);
}
