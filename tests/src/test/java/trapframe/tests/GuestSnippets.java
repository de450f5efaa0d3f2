package trapframe.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image of guest snippets and what it must print: {@code tests/src/test/guest/NAME} with its {@code NAME.expected}, whose head explains
 * the format.
 *
 * @param name the folder's name
 * @param expected what each snippet prints by the manual, in the order of the snippets
 * @param deviations for each machine by name: what its deviating snippets print instead
 */
record GuestSnippets(String name, Map<String, String> expected, Map<String, Map<String, String>> deviations) {
    private static final Path TESTS = Path.of(System.getProperty("trapframe.root"), "tests");
    /** In place of a line: the machine does not survive the snippet. */
    private static final String SKIP = "skip";
    /** The last line of a whole run. */
    static final String DONE = "done";

    static GuestSnippets read(String name) throws IOException {
        Path file = TESTS.resolve("src/test/guest").resolve(name).resolve(name + ".expected");
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, Map<String, String>> deviations = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file)) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            boolean deviation = line.startsWith("!");
            String machine = deviation ? line.substring(1, line.indexOf(' ')) : "";
            String entry = deviation ? line.substring(line.indexOf(' ') + 1) : line;
            int colon = entry.indexOf(": ");
            if (colon < 0) {
                throw new IOException(file + ": not a line of the format: " + line);
            }
            String snippet = entry.substring(0, colon);
            Map<String, String> map = deviation ? deviations.computeIfAbsent(machine, key -> new LinkedHashMap<>()) : expected;
            if (map.put(snippet, entry.substring(colon + 2)) != null) {
                throw new IOException(file + ": " + snippet + " is there twice");
            }
        }
        return new GuestSnippets(name, expected, deviations);
    }

    /** The image that the build made. */
    Path image() {
        return TESTS.resolve("target/guest").resolve(name + ".elf");
    }

    /** The kernel command line for a machine: it leaves out what the machine does not survive. */
    String commandLine(String machine) {
        List<String> skipped = new ArrayList<>();
        deviationsOf(machine).forEach((snippet, line) -> {
            if (line.equals(SKIP)) {
                skipped.add(snippet);
            }
        });
        return skipped.isEmpty() ? "" : "skip=" + String.join(",", skipped);
    }

    /** What a machine prints for a snippet where it is known to deviate; empty where it must print what the manual says. */
    Optional<String> deviation(String machine, String snippet) {
        return Optional.ofNullable(deviationsOf(machine).get(snippet));
    }

    boolean skips(String machine, String snippet) {
        return deviation(machine, snippet).filter(SKIP::equals).isPresent();
    }

    private Map<String, String> deviationsOf(String machine) {
        return deviations.getOrDefault(machine, Map.of());
    }

    /** The console of a run as snippets and what they printed. */
    static Map<String, String> parse(List<String> console) {
        Map<String, String> lines = new LinkedHashMap<>();
        for (String line : console) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                lines.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return lines;
    }
}
