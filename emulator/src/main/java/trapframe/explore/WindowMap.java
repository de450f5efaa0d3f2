package trapframe.tools;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import trapframe.explore.Finding;
import trapframe.explore.Outcome;
import trapframe.explore.Report;
import trapframe.explore.Trial;

/** A page that shows what came of each run of a search, over the positions at which the first step came. It needs nothing but itself. */
final class WindowMap {
    private static final int WIDTH = 1200;
    private static final int ROW = 28;
    private static final int MARGIN = 150;

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Exploration</title><style>
            body { font: 15px/1.5 sans-serif; margin: 2em; color: #222 }
            svg { background: #f7f7f5; border: 1px solid #ccc; max-width: 100%% }
            .hung { fill: #c62828 } .failed { fill: #ef6c00 } .limit { fill: #8e24aa } .good { fill: #2e7d32 } .equivalent { fill: #90a4ae }
            .cut { opacity: .55 } code { background: #eee; padding: 0 .3em } td { padding: 0 1em 0 0 }
            </style></head><body>
            <h1>%s</h1>
            <p>%d runs of strategy %s, %d of them cut off: they came to the state of a run before, and end as that does (paler). The window is
            position %d to %d; each mark is where the first step of a run came.</p>
            """;

    /** The rows, from the top. */
    private enum Row {
        HUNG("hangs", "hung"), FAILED("fails", "failed"), LIMIT("limit reached", "limit"), GOOD("ends well", "good"), EQUIVALENT("nothing comes", "equivalent");

        private final String words;
        private final String style;

        Row(String words, String style) {
            this.words = words;
            this.style = style;
        }

        static Row of(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Hung _ -> HUNG;
                case Outcome.Failed _ -> FAILED;
                case Outcome.BudgetExhausted _ -> LIMIT;
                case Outcome.GoalReached _ -> GOOD;
                case Outcome.Equivalent _ -> EQUIVALENT;
            };
        }
    }

    /** Runs beside each other with the same outcome. */
    private record Mark(long from, long to, Row row, boolean cut, int runs) { }

    private WindowMap() { }

    /** @param title for people */
    static String page(String title, Report report) {
        StringBuilder page = new StringBuilder(String.format(Locale.ROOT, HEAD, escaped(title), report.runs(), report.strategy(), report.cut(),
                report.window().from(), report.window().to()));
        page.append(String.format(Locale.ROOT, "<svg viewBox=\"0 0 %d %d\" role=\"img\">%n", WIDTH, ROW * Row.values().length + 10));
        for (Row row : Row.values()) {
            page.append(String.format(Locale.ROOT, "<text x=\"8\" y=\"%d\" font-size=\"14\">%s</text>%n", y(row) + 18, row.words));
        }
        marks(report.trials()).forEach(mark -> page.append(rectangle(mark, report)));
        page.append("</svg>\n<h2>Found</h2>\n");
        if (report.findings().isEmpty()) {
            page.append("<p>Nothing in what was searched.</p>\n");
        }
        for (Finding finding : report.findings()) {
            page.append("<p><b>").append(escaped(finding.cause().toString())).append("</b>, in ").append(finding.shown().size())
                    .append(" runs. With <code>").append(escaped(finding.schedule().toString())).append("</code> the guest ")
                    .append(escaped(finding.outcome().sentence())).append(".</p>\n");
        }
        return page.append("</body></html>\n").toString();
    }

    private static List<Mark> marks(List<Trial> trials) {
        List<Mark> marks = new ArrayList<>();
        trials.stream().filter(trial -> !trial.schedule().steps().isEmpty())
                .sorted(Comparator.comparingLong(WindowMap::position)).forEach(trial -> {
                    Row row = Row.of(trial.outcome());
                    Mark last = marks.isEmpty() ? null : marks.getLast();
                    if (last != null && last.row == row && last.cut == trial.cut()) {
                        marks.set(marks.size() - 1, new Mark(last.from, position(trial), row, last.cut, last.runs + 1));
                    } else {
                        marks.add(new Mark(position(trial), position(trial), row, trial.cut(), 1));
                    }
                });
        return marks;
    }

    private static long position(Trial trial) {
        return trial.schedule().steps().getFirst().position();
    }

    private static String rectangle(Mark mark, Report report) {
        double scale = (double) (WIDTH - MARGIN - 10) / (report.window().to() - report.window().from());
        double x = MARGIN + (mark.from - report.window().from()) * scale;
        double width = Math.max(1.5, (mark.to - mark.from) * scale);
        return String.format(Locale.ROOT, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" class=\"%s%s\"><title>%d to %d: %d runs, %s</title></rect>%n",
                x, y(mark.row), width, ROW - 6, mark.row.style, mark.cut ? " cut" : "", mark.from, mark.to, mark.runs,
                mark.row.words + (mark.cut ? ", cut off" : ""));
    }

    private static int y(Row row) {
        return 5 + ROW * row.ordinal();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
