package trapframe.device;

/** The far end of a UART's transmit line. */
@FunctionalInterface
public interface SerialOutput {
    /** Takes one byte, 0 to 255. */
    void transmit(int value);
}
