package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trapframe.cpu.DoubleFault;
import trapframe.symbols.SourceLine;

/**
 * An {@link Explanation} as a page for a browser that needs nothing else: a picture of who had what when, the source lines of the stacks, and the
 * text. Positions are drawn in their order and not to scale: what matters lies within microseconds, and the wait is long.
 */
public final class ExplanationPage {
    private static final int LEFT = 160;
    private static final int STEP = 110;
    /** Of a letter, at most on average, and of what is beside a text. */
    private static final int LETTER = 8;
    private static final int MARGIN = 14;
    private static final int LANE = 34;
    private static final int TOP = 30;
    private static final int AROUND = 2;

    private final Explanation explanation;
    private final Function<String, Optional<List<String>>> sources;
    private final String replay;
    private final List<Bar> bars = new ArrayList<>();
    private final TreeSet<Long> positions = new TreeSet<>();

    /** A stretch of time in a lane. */
    private record Bar(String lane, long from, long to, String kind, String text) { }

    private ExplanationPage(Explanation explanation, Function<String, Optional<List<String>>> sources, String replay) {
        this.explanation = explanation;
        this.sources = sources;
        this.replay = replay;
    }

    /**
     * @param sources the lines of a source file, if it is there
     * @param replay  the command that does the run again
     */
    public static String of(Explanation explanation, Function<String, Optional<List<String>>> sources, String replay) {
        return new ExplanationPage(explanation, sources, replay).page();
    }

    private String page() {
        explanation.chain().forEach(this::link);
        explanation.tasks().forEach(this::task);
        explanation.inService().forEach(each -> {
            add("vector " + each.vector(), each.taken().position(), each.left(), "handler", "handled");
            add("vector " + each.vector(), each.left(), explanation.position(), "waits", "still in service");
        });
        explanation.failure().ifPresent(failure -> {
            failure.earlier().ifPresent(earlier -> add(name(earlier.by()), earlier.position(), failure.call().position(), "holds",
                    "called " + failure.function()));
            add(name(failure.call().by()), failure.call().position(), explanation.position(), "waits", failure.function() + " again: gives up");
        });
        others();
        List<String> text = ExplanationText.of(explanation);
        String causes = text.stream().skip(1).takeWhile(line -> !line.isEmpty()).map(line -> "<p class=\"cause\">" + Picture.escape(line) + "</p>\n")
                .collect(Collectors.joining());
        return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Why the guest hangs</title>\n<style>" + STYLE
                + "</style></head>\n<body>\n<h1>the guest " + Picture.escape(explanation.outcome()) + "</h1>\n" + causes + (bars.isEmpty() ? "" : picture())
                + "<h2>To run it again</h2>\n<pre>" + Picture.escape(replay) + "</pre>\n<h2>Source lines</h2>\n" + lines() + "<h2>All of it</h2>\n<pre>"
                + Picture.escape(String.join("\n", text)) + "</pre>\n<script>" + Picture.SCRIPT + "</script>\n</body></html>\n";
    }

    private void add(String lane, long from, long to, String kind, String text) {
        bars.add(new Bar(lane, from, to, kind, text));
        positions.add(from);
        positions.add(to);
    }

    private static String name(Actor actor) {
        return actor.task().orElse("CPU " + actor.cpu());
    }

    private void link(Link link) {
        String lock = link.awaited().lock().flatMap(Awaited.Lock::name).or(link.awaited()::name).orElse("the word");
        link.held().ifPresent(held -> {
            long end = explanation.position();
            add(lock, held.taken().position(), end, "holds", "held by " + name(held.taken().by()));
            Optional<Delivery> delivery = switch (held.now()) {
                case Held.Interrupted interrupted -> interrupted.delivery();
                case Held.Stopped stopped -> stopped.delivery();
                default -> Optional.empty();
            };
            long until = delivery.map(Delivery::position).orElse(end);
            add(name(held.taken().by()), held.taken().position(), until, "runs", "has " + lock);
            delivery.ifPresent(each -> add("vector " + each.vector().orElse(-1) + " on CPU " + each.by().cpu(), each.position(),
                    link.since().orElse(end), "handler", "interrupts " + each.at().function().orElse("")));
        });
        add("CPU " + link.waiter().cpu(), link.since().orElse(explanation.position() - 1), explanation.position(), "waits", "waits for " + lock);
    }

    private void task(TaskNow task) {
        Optional<TaskWait> wait = task.waiting();
        task.ready().ifPresent(ready -> add(task.name(), ready.position(), explanation.position(), "waits", "ready, and does not run"));
        boolean isShown = wait.filter(each -> each.missed().isPresent() || each.owner().isPresent()).isPresent();
        if (!isShown) {
            return;
        }
        String what = wait.get().object().orElse(wait.get().what());
        wait.get().owner().ifPresent(held -> add(what, held.taken().position(), explanation.position(), "holds", "held by " + name(held.taken().by())));
        wait.get().missed().ifPresent(missed -> {
            missed.test().ifPresent(test -> add(task.name(), test.position(), missed.change().position(), "runs", "looked"));
            add(name(missed.change().by()), missed.change().position(), missed.look().map(Event::position)
                    .orElse(wait.get().slept().map(Event::position).orElse(explanation.position())), "holds", "changes " + missed.what());
        });
        wait.get().slept().ifPresent(slept -> add(task.name(), slept.position(), explanation.position(), "waits", "sleeps: " + what));
    }

    private void others() {
        long end = explanation.position();
        explanation.polls().forEach(each -> add("CPU " + each.poller().cpu(), each.since().orElse(end - 1), end, "waits",
                "polls " + each.read().register().words()));
        explanation.unanswered().forEach(each -> {
            String vector = "vector " + each.vector();
            add(name(each.sent().by()), each.sent().position(), end, "runs", "has sent " + vector);
            add("CPU " + each.cpu(), each.sent().position(), end, "waits", vector + " is not taken");
        });
        explanation.nesting().forEach(each -> each.innermost().ifPresent(delivery -> {
            each.allowed().ifPresent(allowed -> add("CPU " + each.cpu(), allowed.position(), delivery.position(), "runs", "interrupts are on again"));
            add("CPU " + each.cpu(), delivery.position(), each.overflow().map(DoubleFault::position).orElse(end), "handler", delivery.words() + ", level "
                    + each.levels());
            each.overflow().ifPresent(fault -> add("CPU " + each.cpu(), fault.position(), end, "waits", "the stack is used up"));
        }));
        explanation.stale().ifPresent(stale -> {
            String page = String.format(Locale.ROOT, "page 0x%x", stale.page());
            add(page, stale.change().position(), stale.use().position(), "holds", "gone, but in the TLB of CPU " + stale.cpu());
            add(name(stale.change().by()), stale.change().position(), stale.use().position(), "runs", stale.change().at().function().orElse("changes it"));
            add(name(stale.use().by()), stale.use().position(), end, "waits", "has used it");
        });
        explanation.pools().forEach(pool -> pool.full().ifPresent(full -> {
            pool.kept().stream().findFirst().ifPresent(first -> add(pool.name(), first.position(), full.position(), "holds", "taken, and not given back"));
            long refused = pool.refused().isEmpty() ? end : pool.refused().getLast().position();
            add(pool.name(), full.position(), refused, "waits", "all " + pool.limit().orElse(0) + " in use");
            pool.refused().stream().reduce((_, last) -> last).ifPresent(last -> add(name(last.by()), last.position(), end, "waits", "was refused one"));
        }));
    }

    private String picture() {
        List<Long> order = List.copyOf(positions);
        List<String> lanes = bars.stream().map(Bar::lane).distinct().toList();
        int[] columns = columns(order, lanes);
        int width = columns[columns.length - 1] + STEP;
        int height = TOP + LANE * lanes.size() + 60;
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT,
                "<svg id=\"picture\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\" style=\"max-width:%3$dpx\""
                + " role=\"img\">%n", width, height, width * 3 / 2));
        for (int i = 0; i < order.size(); i++) {
            int x = columns[i];
            svg.append(String.format(Locale.ROOT, "<line class=\"at\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><text class=\"position\" x=\"%d\" y=\"%d\">%d</text>%n",
                    x, TOP - 6, x, height - 40, x, height - 22 + (i % 2) * 14, order.get(i)));
        }
        for (int i = 0; i < lanes.size(); i++) {
            svg.append(String.format(Locale.ROOT, "<text class=\"lane\" x=\"4\" y=\"%d\">%s</text>%n", TOP + LANE * i + 19, Picture.escape(lanes.get(i))));
        }
        for (Bar bar : bars) {
            int x = columns[order.indexOf(bar.from)];
            int barWidth = Math.max(6, columns[order.indexOf(bar.to)] - x - 2);
            int y = TOP + LANE * lanes.indexOf(bar.lane);
            svg.append(String.format(Locale.ROOT, "<g class=\"bar %s\"><title>%s: %s, positions %d to %d</title><rect x=\"%d\" y=\"%d\" width=\"%d\""
                    + " height=\"26\" rx=\"3\"/><text x=\"%d\" y=\"%d\">%s</text></g>%n", bar.kind, Picture.escape(bar.lane), Picture.escape(bar.text), bar.from, bar.to,
                    x, y, barWidth, x + 5, y + 18, Picture.escape(bar.text)));
        }
        return svg + "</svg>\n<p class=\"hint\">Positions in their order, not to scale. The wheel zooms, dragging moves, a double click goes back.</p>\n";
    }

    /** Where each position is, so that every bar has room for its text. */
    private int[] columns(List<Long> order, List<String> lanes) {
        int[] columns = new int[order.size()];
        columns[0] = lanes.stream().mapToInt(lane -> MARGIN + LETTER * lane.length()).reduce(LEFT, Math::max);
        for (int i = 1; i < columns.length; i++) {
            columns[i] = columns[i - 1] + STEP;
            for (Bar bar : bars) {
                if (bar.from < bar.to && bar.to == order.get(i)) {
                    columns[i] = Math.max(columns[i], columns[order.indexOf(bar.from)] + MARGIN + LETTER * bar.text.length());
                }
            }
        }
        return columns;
    }

    /** The lines where something happened, with those around them. */
    private String lines() {
        List<Place> places = new ArrayList<>();
        for (Link link : explanation.chain()) {
            add(places, link.stack());
            link.held().ifPresent(held -> {
                add(places, held.taken().stack());
                if (held.now() instanceof Held.Stopped stopped) {
                    add(places, stopped.stack());
                }
            });
        }
        for (TaskNow task : explanation.tasks()) {
            task.ready().ifPresent(ready -> add(places, ready.stack()));
            task.waiting().flatMap(TaskWait::owner).ifPresent(held -> places.add(held.from()));
            task.waiting().flatMap(TaskWait::missed).ifPresent(missed -> {
                task.stack().ifPresent(stack -> add(places, stack));
                missed.test().ifPresent(test -> places.add(test.at()));
                places.add(missed.change().at());
                missed.meanwhile().ifPresent(stack -> add(places, stack));
            });
        }
        explanation.polls().forEach(polling -> add(places, polling.stack()));
        explanation.inService().forEach(each -> each.branch().ifPresent(branch -> places.add(branch.at())));
        explanation.nesting().forEach(each -> each.allowed().ifPresent(allowed -> add(places, allowed.stack())));
        explanation.unanswered().forEach(each -> add(places, each.sent().stack()));
        explanation.stale().ifPresent(stale -> add(places, stale.change().stack()));
        explanation.pools().forEach(pool -> Stream.concat(pool.full().stream(), Stream.concat(pool.kept().stream().limit(1), pool.refused().stream().limit(1)))
                .forEach(event -> add(places, event.stack())));
        explanation.failure().ifPresent(failure -> {
            add(places, failure.call().stack());
            failure.earlier().ifPresent(earlier -> add(places, earlier.stack()));
        });
        return places.stream().flatMap(place -> place.source().stream()).flatMap(frame -> frame.line().map(line -> "<h3>" + Picture.escape(Place.words(frame))
                + "</h3>\n" + excerpt(line)).stream()).distinct().collect(Collectors.joining());
    }

    private static void add(List<Place> places, Stack stack) {
        stack.entries().forEach(entry -> places.add(entry.place()));
    }

    private String excerpt(SourceLine at) {
        Optional<List<String>> file = sources.apply(at.file()).filter(lines -> at.line() >= 1 && at.line() <= lines.size());
        if (file.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("<pre>");
        for (int line = Math.max(1, at.line() - AROUND); line <= Math.min(file.get().size(), at.line() + AROUND); line++) {
            String content = String.format(Locale.ROOT, "%5d  %s", line, Picture.escape(file.get().get(line - 1)));
            text.append(line == at.line() ? "<b>" + content + "</b>" : content).append('\n');
        }
        return text.append("</pre>\n").toString();
    }

    private static final String STYLE = """
            body{font:14px system-ui,sans-serif;margin:2em;max-width:120em}
            h1{font-size:1.3em}h2{font-size:1.1em;margin-top:2em}h3{font:13px monospace;margin:1em 0 0}
            pre{font:13px monospace;background:#f6f6f6;padding:.6em;overflow:auto;margin:.2em 0}pre b{background:#ffe08a}
            svg{border:1px solid #ccc;touch-action:none;width:100%;max-height:70vh}.cause{font-weight:600;margin:.4em 0}svg text{font:12px system-ui,sans-serif}
            .at{stroke:#ddd}.position{fill:#777;text-anchor:middle}.lane{font-weight:600}
            .bar rect{stroke:#444;stroke-width:.5}.runs rect{fill:#a8dba8}.holds rect{fill:#9fc5e8}.handler rect{fill:#f9cb9c}.waits rect{fill:#ea9999}
            .hint{color:#777}
            """;
}
