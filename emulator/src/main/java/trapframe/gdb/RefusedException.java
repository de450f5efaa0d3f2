package trapframe.gdb;

/** What the client asks for cannot be done; the message says why, in one line. */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RefusedException(String message) {
        super(message);
    }
}
