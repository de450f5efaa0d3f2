package trapframe.tools;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** Results for programs: one JSON document on the standard output. */
final class Json {
    private Json() {
    }

    /** @param document maps, lists, text, numbers and booleans; printed in the map's own order */
    static void print(Map<String, ?> document) {
        try {
            // Always UTF-8, as RFC 8259 wants it, whatever the terminal uses.
            System.out.write(JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asBytes(document));
            System.out.println();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
