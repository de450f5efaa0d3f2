package trapframe.device;

/**
 * The far end of a UART's receive line: a sender that waits until the UART takes the next character. What it offers,
 * and when, is an input of the machine and so a function of the position.
 */
public interface SerialInput {
    /** Flags that may be added to a character, in the bits of the line status register shifted left by 8. */
    int PARITY_ERROR = 0x0400;
    int FRAMING_ERROR = 0x0800;
    /** The line was held at space for a whole character. The character is 0. */
    int BREAK = 0x1000;

    /** Whether {@link #take} has a character to give. */
    boolean available();

    /** Whether there is a character, or may be one later. The sender at the other end holds up DCD as long as this is so. */
    boolean open();

    /** Removes and returns the next character, 0 to 255, with its flags. Called only when there is one. */
    int take();
}
