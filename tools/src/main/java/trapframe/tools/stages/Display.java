package trapframe.tools.stages;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import trapframe.harness.Amount;

/**
 * What is shown of a run of variants while it goes on: on a terminal a table that changes, elsewhere a line for each variant when it is over. It hears
 * from several threads.
 */
public final class Display {
    private static final String UP = "\u001b[%dA";
    private static final String CLEAR = "\u001b[K";
    /** A table with more rows might not fit the terminal. */
    private static final int MOST_ROWS = 20;

    private final List<Variant> variants;
    private final PrintStream out;
    private final boolean live;
    private final List<List<VariantResult.Status>> states = new ArrayList<>();
    private boolean drawn;

    /** @param terminal whether the output is one that somebody watches */
    public Display(List<Variant> variants, PrintStream out, boolean terminal) {
        this.variants = variants;
        this.out = out;
        live = terminal && variants.size() <= MOST_ROWS;
        variants.forEach(variant -> states.add(new ArrayList<>()));
    }

    synchronized void stage(int variant, int stage, VariantResult.Status status) {
        List<VariantResult.Status> row = states.get(variant);
        if (stage < row.size()) {
            row.set(stage, status);
        } else {
            row.add(status);
        }
        if (live) {
            draw();
        }
    }

    synchronized void done(int variant, VariantResult result) {
        if (live) {
            draw();
        } else {
            out.println(line(result));
        }
    }

    private void draw() {
        StringBuilder text = new StringBuilder();
        if (drawn) {
            text.append(String.format(Locale.ROOT, UP, variants.size()));
        }
        int width = variants.stream().mapToInt(variant -> variant.name().length()).max().orElse(0);
        for (int i = 0; i < variants.size(); i++) {
            text.append(pad(variants.get(i).name(), width)).append("  ").append(states.get(i).stream().map(Display::mark).collect(Collectors.joining()));
            int stages = variants.get(i).stages().size();
            int reached = (int) states.get(i).stream().filter(status -> status == VariantResult.Status.OK).count();
            text.append("  ").append(Math.min(reached, stages)).append(" of ").append(stages).append(CLEAR).append('\n');
        }
        out.print(text);
        out.flush();
        drawn = true;
    }

    private static String mark(VariantResult.Status status) {
        return switch (status) {
            case RUNNING -> ">";
            case OK -> "#";
            case FAILED -> "F";
            case HANG -> "H";
            case LIMIT -> "L";
            case UNUSABLE -> "U";
            case ERROR -> "E";
        };
    }

    private static String line(VariantResult result) {
        return pad(result.status().word(), 8) + " " + result.variant() + result.failure().map(what -> ": " + what.headline()).orElse("");
    }

    /** What is said at the end: the times of the stages, and what went wrong with those that failed. */
    public void summary(List<VariantResult> results) {
        int width = results.stream().mapToInt(result -> result.variant().length()).max().orElse(0);
        out.println();
        out.println("virtual time of each stage, in seconds:");
        List<String> stages = results.stream().flatMap(result -> result.stages().stream()).map(VariantResult.StageResult::name).distinct().toList();
        out.println(pad("", width) + stages.stream().map(name -> "  " + pad(name, 8)).collect(Collectors.joining()).stripTrailing());
        for (VariantResult result : results) {
            out.println(pad(result.variant(), width) + stages.stream().map(name -> "  " + pad(time(result, name), Math.max(8, name.length())))
                    .collect(Collectors.joining()) + "  " + result.status().word());
        }
        for (VariantResult result : results) {
            result.failure().ifPresent(failure -> out.println("\n" + result.variant() + ": " + failure.report()));
        }
        long failed = results.stream().filter(result -> result.failure().isPresent()).count();
        out.println("\n" + results.size() + " run, " + (results.size() - failed) + " ok, " + failed + " failed");
        out.flush();
    }

    private static String time(VariantResult result, String stage) {
        return result.stages().stream().filter(one -> one.name().equals(stage)).findFirst()
                .map(one -> one.status() == VariantResult.Status.OK ? Amount.seconds(one.virtualNanos()) : one.status().word()).orElse("-");
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
