package trapframe.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import trapframe.diagnose.Verdict;
import trapframe.gdb.Backtraces;
import trapframe.timeline.Endings;

/** What is said of a guest that failed: what was expected, how far it came, what it showed last, where its CPUs stand. */
public final class Report {
    private static final int LAST_LINES = 12;
    private static final String NEXT = "\n  ";

    private Report() { }

    /**
     * What went wrong, in one line.
     *
     * @param outcome  other than {@link Outcome.Reached}
     * @param cpus     how many the machine has
     */
    public static String headline(Goal goal, Outcome outcome, int cpus) {
        return "the guest " + switch (outcome) {
            case Outcome.Reached _ -> throw new IllegalArgumentException("nothing went wrong");
            case Outcome.OutOfBudget(long nanos) -> "did not " + goal.words() + " within " + Amount.ofNanos(nanos);
            case Outcome.OtherLine(String line) -> "did not " + goal.words() + ", but \"" + escaped(line) + "\"";
            case Outcome.FailureShown(String text) -> "showed \"" + escaped(text) + "\", which means that it failed, and did not " + goal.words();
            case Outcome.Ended(var reason) -> Endings.words(reason, cpus) + ", and did not " + goal.words();
            case Outcome.Hung(var verdict) -> verdict.sentence() + ", and did not " + goal.words();
        };
    }

    /** The same of a stage. */
    public static String headline(Stage stage, Outcome outcome, int cpus) {
        return "stage \"" + stage.name() + "\" was not reached: " + headline(stage.goal(), outcome, cpus);
    }

    /**
     * All that is to be known of a guest that failed: what went wrong, and a paragraph of indented lines.
     *
     * @param headline  what went wrong, in one line
     * @param awaited   the stage that it was on its way to, if any
     * @param recording how to replay the run, or why that cannot be
     */
    public static String of(String headline, Session session, Optional<String> awaited, String recording) {
        StringBuilder text = new StringBuilder(headline);
        line(text, "at", "position " + session.machine().clock().position() + " (" + Amount.seconds(session.machine().clock().nanos()) + " s)");
        if (!session.came().steps().isEmpty()) {
            line(text, "schedule", session.came().toString());
        }
        ending(session).filter(words -> !headline.contains(words)).ifPresent(words -> line(text, "ended", "the guest " + words));
        if (!session.passed().isEmpty() || awaited.isPresent()) {
            line(text, "stages", stages(session.passed(), awaited));
        }
        List<String> shown = session.transcript().lines();
        line(text, "console", shown.isEmpty() ? "nothing" : shown.size() > LAST_LINES ? "the last " + LAST_LINES + " lines of " + shown.size() : "all of it");
        shown.subList(Math.max(0, shown.size() - LAST_LINES), shown.size()).forEach(line -> text.append(NEXT).append("  | ").append(escaped(line)));
        Backtraces.of(session.machine().cpus().getFirst(), session.machine().cpus(), session.setup().symbols(), session.setup().tasks()).lines().forEach(line -> text.append(NEXT).append(line));
        line(text, "replay", recording);
        return text.toString();
    }

    /** How the run ended, if it did; what is proved of a hang tells more than that the guest halted. */
    private static Optional<String> ending(Session session) {
        return session.verdict().map(Verdict::sentence)
                .or(() -> session.ended().map(reason -> Endings.words(reason, session.setup().machine().cpus())));
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(NEXT).append(name).append(": ").append(value);
    }

    private static String stages(List<Stage.Passed> passed, Optional<String> awaited) {
        List<String> words = new ArrayList<>();
        passed.forEach(stage -> words.add(stage.name()));
        return (words.isEmpty() ? "none reached" : words.stream().collect(Collectors.joining(", ")) + " reached")
                + awaited.map(name -> ", " + name + " not").orElse("");
    }

    /** Text of a guest as one line that no terminal takes for anything else. */
    public static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(character -> {
            switch (character) {
                case '\n' -> escaped.append("\\n");
                case '\r' -> escaped.append("\\r");
                case '\t' -> escaped.append("\\t");
                case 0x1b -> escaped.append("\\e");
                default -> {
                    if (Character.isISOControl(character)) {
                        escaped.append('?');
                    } else {
                        escaped.appendCodePoint(character);
                    }
                }
            }
        });
        return escaped.toString();
    }
}
