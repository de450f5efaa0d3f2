package trapframe.timeline;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A snapshot or a recording cannot be used, or not here. The message is one line for the user, with the file's name. */
public final class TimelineException extends RuntimeException {
    public TimelineException(String message) {
        super(message);
    }

    static TimelineException of(Path file, String problem) {
        return new TimelineException(file + ": " + problem);
    }

    /** @param problem what could not be done, as "cannot be read" */
    static TimelineException of(Path file, String problem, IOException e) {
        return of(file, switch (e) {
            case NoSuchFileException _ -> "no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case IOException _ when Files.isDirectory(file) -> "is a directory";
            default -> problem + ": " + e.getMessage();
        });
    }
}
