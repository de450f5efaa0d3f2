package trapframe.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What VARIANTS.md says of the kernel and its variants. */
final class SproutVariants {
    private static final Path FILE = SproutBoot.IMAGE.resolve("../../VARIANTS.md").normalize();
    /** A row of the table of command lines: how much virtual time a run may take that ends well. */
    private static final Pattern LIMIT = Pattern.compile("\\| `(.+)` \\| (\\d+) ms \\|.*");
    private static final Pattern HEADING = Pattern.compile("## `(.+)`");
    private static final Pattern MEASURED = Pattern.compile("- Measured: `(.+)`");
    private static final Pattern SHOWS = Pattern.compile("- Shows: (\\d+) of (\\d+) boots .*");
    private static final long POSITIONS_PER_MILLISECOND = 1_000_000;

    private SproutVariants() { }

    /**
     * A kernel and the command line that it is measured with.
     *
     * @param name   of the variant, or {@link #FIXED}
     * @param limit  the position after which a run hangs that has not ended
     * @param always whether it is known to end badly wherever the ticks fall
     */
    record Row(String name, String commandLine, long limit, boolean always) {
        /** The kernel without a bug. */
        static final String FIXED = "fixed";

        Row fixed() {
            return new Row(FIXED, commandLine, limit, false);
        }

        String image() {
            return name.equals(FIXED) ? "sprout.elf" : "sprout-" + name + ".elf";
        }

        @Override
        public String toString() {
            return name + ", " + commandLine;
        }
    }

    /** The kernel without a bug, with each command line. */
    static List<Row> fixed() {
        return limits().entrySet().stream().map(entry -> new Row(Row.FIXED, entry.getKey(), entry.getValue(), false)).toList();
    }

    /** The variants, each with the command line that shows its bug. */
    static List<Row> variants() {
        Map<String, Long> limits = limits();
        List<Row> variants = new ArrayList<>();
        String name = null;
        String commandLine = null;
        for (String line : lines()) {
            Matcher heading = HEADING.matcher(line);
            Matcher measured = MEASURED.matcher(line);
            Matcher shows = SHOWS.matcher(line);
            if (heading.matches()) {
                name = heading.group(1);
            } else if (measured.matches()) {
                commandLine = measured.group(1);
            } else if (shows.matches()) {
                variants.add(new Row(name, commandLine, limits.get(commandLine), shows.group(1).equals(shows.group(2))));
            }
        }
        return variants;
    }

    private static Map<String, Long> limits() {
        Map<String, Long> limits = new LinkedHashMap<>();
        for (String line : lines()) {
            Matcher limit = LIMIT.matcher(line);
            if (limit.matches()) {
                limits.put(limit.group(1), Long.parseLong(limit.group(2)) * POSITIONS_PER_MILLISECOND);
            }
        }
        return limits;
    }

    private static List<String> lines() {
        try {
            return Files.readAllLines(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
