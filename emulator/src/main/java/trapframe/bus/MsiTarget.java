package trapframe.bus;

/** Where message-signalled interrupts go: a message is a write of 32 bits to an address that is no memory. */
@FunctionalInterface
public interface MsiTarget {
    /**
     * Takes a message.
     *
     * @param address physical, a multiple of 4; the target ignores what it does not decode
     */
    void deliverMsi(long address, int data);

    /** No interrupt controller takes messages. */
    MsiTarget NOWHERE = (address, data) -> { };
}
