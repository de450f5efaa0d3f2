package trapframe.timeline;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The version of Trapframe, which files name that only the same version can use. */
final class Version {
    private static final String RESOURCE = "/trapframe/version.txt";

    private Version() { }

    static String current() {
        try (InputStream text = Version.class.getResourceAsStream(RESOURCE)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
