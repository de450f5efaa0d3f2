package trapframe.boot;

/**
 * An image, a module or a command line that cannot be booted. The message is one line for the user: the file, a colon,
 * and what is wrong with it.
 */
public final class BootException extends RuntimeException {
    BootException(String file, String problem) {
        super((file + ": " + problem).replaceAll("\\p{Cntrl}", "?"));
    }
}
