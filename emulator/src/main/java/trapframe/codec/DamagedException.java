package trapframe.codec;

/** What was read is not what was written. The message says what is wrong, without the file's name. */
public final class DamagedException extends RuntimeException {
    public DamagedException(String message) {
        super(message);
    }
}
