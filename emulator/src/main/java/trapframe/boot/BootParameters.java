package trapframe.boot;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What is handed to a kernel beside what firmware says of the machine.
 *
 * @param commandLine the kernel's arguments, without the image's name; may be empty
 * @param modules     initial RAM disk or modules, in order
 */
public record BootParameters(String commandLine, List<BootModule> modules) {
    public BootParameters {
        modules = List.copyOf(modules);
    }

    public static BootParameters of(String commandLine, BootModule... modules) {
        return new BootParameters(commandLine, List.of(modules));
    }

    /**
     * A string as it lies in guest memory: UTF-8, ended by a zero byte.
     *
     * @throws BootException if it has a zero byte inside, which would silently cut it
     */
    static byte[] cString(ImageFile image, String text) {
        if (text.indexOf('\0') >= 0) {
            throw image.bad("a command line with a zero byte cannot be passed to a kernel");
        }
        return (text + '\0').getBytes(StandardCharsets.UTF_8);
    }
}
