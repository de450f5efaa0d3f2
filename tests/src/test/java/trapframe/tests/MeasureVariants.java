package trapframe.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import trapframe.tests.SproutPhases.Boot;
import trapframe.tests.SproutPhases.End;
import trapframe.tests.SproutVariants.Row;

/** Counts how the kernel's variants end over the phases of a tick: the program behind kernel-image/measure.sh. */
final class MeasureVariants {
    private static final double POSITIONS_PER_MILLISECOND = 1e6;
    private static final int MAX_PHASES = 1_000_000;

    private MeasureVariants() { }

    /** The arguments: the number of phases, and names of variants, {@code fixed} or {@code all}. */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2 || !arguments[0].matches("[1-9]\\d{0,6}") || Integer.parseInt(arguments[0]) > MAX_PHASES) {
            fail("usage: measure.sh PHASES NAME..., with up to " + MAX_PHASES + " phases; a name is a variant's, fixed or all");
        }
        List<Row> rows = new ArrayList<>();
        for (String name : List.of(arguments).subList(1, arguments.length)) {
            List<Row> named = rows(name);
            if (named.isEmpty()) {
                fail("there is no variant " + name);
            }
            rows.addAll(named);
        }
        List<Long> phases = SproutPhases.phases(Integer.parseInt(arguments[0]));
        for (Row row : rows) {
            lines(row, SproutPhases.boot(row, phases, Runtime.getRuntime().availableProcessors())).forEach(System.out::println);
        }
    }

    private static void fail(String message) {
        System.err.println("measure: " + message);
        System.exit(2);
    }

    private static List<Row> rows(String name) {
        List<Row> rows = new ArrayList<>(SproutVariants.fixed());
        rows.addAll(SproutVariants.variants());
        return rows.stream().filter(row -> name.equals("all") || row.name().equals(name)).toList();
    }

    /** What is printed of a row: the figures, and if there are any, the phases that do not end well. */
    static List<String> lines(Row row, List<Boot> boots) {
        String figures = String.format(Locale.ROOT, "%s, `%s`: of %d boots %d end well, %d hang, %d fail", row.name(), row.commandLine(),
                boots.size(), count(boots, End.WELL), count(boots, End.HANGS), count(boots, End.FAILS));
        String last = boots.stream().filter(boot -> boot.end() == End.WELL).map(Boot::position).max(Long::compare)
                .map(position -> String.format(Locale.ROOT, "; well by %.1f ms", position / POSITIONS_PER_MILLISECOND)).orElse("");
        String phases = boots.stream().filter(boot -> boot.end() != End.WELL).map(boot -> Long.toString(boot.phase()))
                .collect(Collectors.joining(" "));
        return phases.isEmpty() ? List.of(figures + last) : List.of(figures + last, "    not well at phase " + phases);
    }

    private static long count(List<Boot> boots, End end) {
        return boots.stream().filter(boot -> boot.end() == end).count();
    }
}
