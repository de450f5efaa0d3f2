package trapframe.tools;

/** What the process ends with; the same for every command. */
public final class ExitCode {
    /** The guest reported success, {@code --until} was seen, or the guest switched itself off. */
    public static final int SUCCESS = 0;
    /** The guest reported failure, {@code --fail} was seen, or a triple fault happened. */
    public static final int GUEST_FAILED = 1;
    /** Wrong use, an unusable image, or something missing on this machine. */
    public static final int WRONG_USE = 2;
    /** It was proved that nothing will happen any more. */
    public static final int HANG = 3;
    /** A limit was reached. */
    public static final int LIMIT = 4;
    /** A replay was not the run that was recorded. */
    public static final int DIVERGED = 5;
    /** A signal ended the process: 128 + its number, of which this is SIGINT's. */
    public static final int INTERRUPTED = 130;
    /** Trapframe is at fault. */
    public static final int INTERNAL_ERROR = 70;
    /** Whoever read the output has gone: 128 + SIGPIPE, as a shell reports it of any program. */
    public static final int OUTPUT_CLOSED = 141;

    private ExitCode() {
    }
}
