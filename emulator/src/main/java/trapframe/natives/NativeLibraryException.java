package trapframe.natives;

/** A native library is missing or not usable. The message is one line that says what was found and how to get one. */
public final class NativeLibraryException extends RuntimeException {
    public NativeLibraryException(String message) {
        super(message);
    }
}
