package trapframe.gdb;

/** What a client's packets are about, and its interrupts. */
interface Interruptible {
    /**
     * The next packet is answered now; by the thread that answers them.
     *
     * @param interrupted whether an interrupt has come behind it already
     */
    void begin(boolean interrupted);

    /** Ends what the packet that is answered now does; by any thread. */
    void interrupt();
}
