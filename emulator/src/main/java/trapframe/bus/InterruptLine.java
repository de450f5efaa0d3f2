package trapframe.bus;

/** One wire that asks for an interrupt: an input of an interrupt controller, or of the CPU. */
@FunctionalInterface
public interface InterruptLine {
    /** Drives the wire. Setting the level it has already is allowed and changes nothing. */
    void set(boolean level);

    /** A wire that ends nowhere. */
    InterruptLine UNCONNECTED = level -> { };
}
