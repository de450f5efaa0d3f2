package trapframe.bus;

/** Two devices were attached to the same port or address. */
public final class BusConflictException extends RuntimeException {
    public BusConflictException(String message) {
        super(message);
    }
}
