package trapframe.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import trapframe.diagnose.why.Picture;

/** A page that shows what came of each run of a search, over the positions at which the first step came. It needs nothing but itself. */
public final class WindowMap {
    private static final int WIDTH = 1200;
    private static final int ROW = 30;
    private static final int LEFT = 150;
    private static final int RIGHT = 30;
    private static final int AXIS = 34;
    private static final int TICKS = 5;
    /** With more runs than this, neighbours of the same outcome are drawn as one. */
    private static final int MOST_MARKS = 3000;

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>%1$s</title><style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; color: #222 }
            .map { overflow-x: auto } svg { background: #f7f7f5; border: 1px solid #ccc; width: 100%%; min-width: 900px; box-sizing: border-box; touch-action: none }
            svg text { font: 13px system-ui, sans-serif } .position { fill: #666; text-anchor: middle } .at { stroke: #ddd }
            .hung { fill: #c62828 } .failed { fill: #ef6c00 } .limit { fill: #8e24aa } .good { fill: #2e7d32 } .equivalent { fill: #78909c }
            .cut { opacity: .4 } code { background: #eee; padding: 0 .3em } .key svg { width: 12px; height: 12px; min-width: 0; border: 0 }
            .key span { margin-right: 1.5em; white-space: nowrap } .hint { color: #777 } li { margin: .4em 0 }
            </style></head><body>
            <h1>%1$s</h1>
            <p>%2$d runs of strategy %3$s, over the positions from %4$d to %5$d; each mark is where the first step of a run came. Paler ones, %6$d, were
            cut off: the run came to the state of one before, and ends as that does.</p>
            """;

    /** What came of runs, and how it is drawn. */
    private enum Kind {
        HUNG("hangs", "hung"), FAILED("fails", "failed"), LIMIT("limit reached", "limit"), GOOD("ends well", "good"), EQUIVALENT("nothing comes", "equivalent");

        private final String words;
        private final String style;

        Kind(String words, String style) {
            this.words = words;
            this.style = style;
        }

        static Kind of(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Hung _ -> HUNG;
                case Outcome.Failed _ -> FAILED;
                case Outcome.BudgetExhausted _ -> LIMIT;
                case Outcome.GoalReached _ -> GOOD;
                case Outcome.Equivalent _ -> EQUIVALENT;
            };
        }
    }

    /** A row of the picture: of a finding, or of what is none. */
    private record Row(Kind kind, String label) { }

    /** Runs beside each other with the same outcome. */
    private record Mark(long from, long to, int row, boolean cut, int runs) { }

    private final Report report;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, Integer> rowOfFinding = new TreeMap<>();

    private WindowMap(Report report) {
        this.report = report;
        for (int i = 0; i < report.findings().size(); i++) {
            Finding finding = report.findings().get(i);
            rows.add(new Row(Kind.of(finding.outcome()), (i + 1) + " " + Kind.of(finding.outcome()).words));
            for (Schedule shown : finding.shown()) {
                rowOfFinding.putIfAbsent(shown.toString(), i);
            }
        }
        report.trials().stream().filter(trial -> !rowOfFinding.containsKey(trial.schedule().toString())).map(trial -> Kind.of(trial.outcome())).distinct()
                .sorted().forEach(kind -> rows.add(new Row(kind, kind.words)));
    }

    /** @param title for people */
    public static String page(String title, Report report) {
        return new WindowMap(report).page(title);
    }

    private String page(String title) {
        StringBuilder page = new StringBuilder(String.format(Locale.ROOT, HEAD, Picture.escape(title), report.runs(), report.strategy(), report.window().from(),
                report.window().to(), report.cut()));
        if (!report.trials().isEmpty()) {
            page.append(key()).append(picture());
        }
        page.append("<h2>Found</h2>\n").append(report.findings().isEmpty() ? "<p>Nothing in what was searched.</p>\n" : "<ol>\n");
        for (Finding finding : report.findings()) {
            page.append("<li><b>").append(Picture.escape(finding.cause().toString())).append("</b>, in ").append(finding.shown().size())
                    .append(finding.shown().size() == 1 ? " run" : " runs").append(". With <code>").append(Picture.escape(finding.schedule().toString()))
                    .append("</code> the guest ").append(Picture.escape(finding.outcome().sentence())).append(".</li>\n");
        }
        return page.append(report.findings().isEmpty() ? "" : "</ol>\n").append("<script>").append(Picture.SCRIPT).append("</script></body></html>\n").toString();
    }

    /** The colours, with how many runs there are of each. */
    private String key() {
        Map<Kind, Long> counts = report.trials().stream().collect(Collectors.groupingBy(trial -> Kind.of(trial.outcome()), TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream().map(entry -> String.format(Locale.ROOT, "<span><svg viewBox=\"0 0 12 12\"><rect class=\"%s\" width=\"12\" height=\"12\"/>"
                + "</svg> %s: %d</span>", entry.getKey().style, entry.getKey().words, entry.getValue())).collect(Collectors.joining("\n", "<p class=\"key\">", "</p>\n"));
    }

    private String picture() {
        int bottom = 5 + ROW * rows.size();
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT, "<div class=\"map\"><svg id=\"picture\" xmlns=\"http://www.w3.org/2000/svg\""
                + " viewBox=\"0 0 %d %d\" role=\"img\">%n", WIDTH, bottom + AXIS));
        for (int i = 0; i <= TICKS; i++) {
            long position = report.window().from() + (report.window().to() - report.window().from()) * i / TICKS;
            svg.append(String.format(Locale.ROOT, "<line class=\"at\" x1=\"%1$.1f\" y1=\"0\" x2=\"%1$.1f\" y2=\"%2$d\"/><text class=\"position\" x=\"%1$.1f\""
                    + " y=\"%3$d\">%4$s</text>%n", x(position), bottom, bottom + AXIS / 2 + 4,
                    i == TICKS ? "<tspan text-anchor=\"end\" dx=\"" + (RIGHT - 4) + "\">" + position + "</tspan>" : position));
        }
        for (int row = 0; row < rows.size(); row++) {
            svg.append(String.format(Locale.ROOT, "<text class=\"row\" x=\"8\" y=\"%d\">%s</text>%n", y(row) + 17, rows.get(row).label));
        }
        marks().forEach(mark -> svg.append(rectangle(mark)));
        return svg + "</svg></div>\n<p class=\"hint\">The wheel zooms, dragging moves, a double click goes back; a mark says what it is.</p>\n";
    }

    private List<Mark> marks() {
        List<Mark> marks = new ArrayList<>();
        List<Trial> trials = report.trials().stream().filter(trial -> !trial.schedule().steps().isEmpty())
                .sorted(Comparator.comparingLong(WindowMap::position)).toList();
        for (Trial trial : trials) {
            int row = row(trial);
            Mark last = marks.isEmpty() ? null : marks.getLast();
            if (trials.size() > MOST_MARKS && last != null && last.row == row && last.cut == trial.cut()) {
                marks.set(marks.size() - 1, new Mark(last.from, position(trial), row, last.cut, last.runs + 1));
            } else {
                marks.add(new Mark(position(trial), position(trial), row, trial.cut(), 1));
            }
        }
        return marks;
    }

    private int row(Trial trial) {
        Integer finding = rowOfFinding.get(trial.schedule().toString());
        return finding != null ? finding : IntStream.range(report.findings().size(), rows.size())
                .filter(row -> rows.get(row).kind == Kind.of(trial.outcome())).findFirst().orElseThrow();
    }

    private static long position(Trial trial) {
        return trial.schedule().steps().getFirst().position();
    }

    private double x(long position) {
        return LEFT + (position - report.window().from()) * (double) (WIDTH - LEFT - RIGHT) / Math.max(1, report.window().to() - report.window().from());
    }

    private String rectangle(Mark mark) {
        Row row = rows.get(mark.row);
        return String.format(Locale.ROOT, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" class=\"mark %s%s\" data-runs=\"%d\"><title>%s: %s%s</title></rect>%n",
                x(mark.from), y(mark.row), Math.max(2, x(mark.to) - x(mark.from)), ROW - 8, row.kind.style, mark.cut ? " cut" : "", mark.runs,
                mark.runs == 1 ? "position " + mark.from : mark.runs + " runs, positions " + mark.from + " to " + mark.to, row.label,
                mark.cut ? ", cut off" : "");
    }

    private static int y(int row) {
        return 5 + ROW * row;
    }
}
