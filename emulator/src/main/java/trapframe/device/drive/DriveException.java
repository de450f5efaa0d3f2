package trapframe.device.drive;

/** A drive's file cannot be used. The message is one line for the user and starts with the file's name. */
public final class DriveException extends RuntimeException {
    public DriveException(String message) {
        super(message);
    }
}
