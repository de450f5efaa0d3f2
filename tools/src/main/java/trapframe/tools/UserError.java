package trapframe.tools;

/** Something that the user can put right. The message is the one line that is shown. */
public final class UserError extends RuntimeException {
    public UserError(String message) {
        super(message);
    }
}
