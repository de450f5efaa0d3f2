package trapframe.junit;

/** A guest did not do what was expected of it; the message has all that is known. */
final class GuestFailure extends AssertionError {
    private static final long serialVersionUID = 1;

    GuestFailure(String message) {
        super(message);
    }

    GuestFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
