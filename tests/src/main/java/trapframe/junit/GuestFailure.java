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

    /** What a failure says of itself. */
    static String headline(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage().strip();
    }
}
