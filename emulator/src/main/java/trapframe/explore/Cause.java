package trapframe.explore;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trapframe.diagnose.CpuPlace;
import trapframe.diagnose.Loop;
import trapframe.diagnose.Verdict;

/**
 * What findings have in common that are the same fault, wherever the interrupt came: how the guest ends, and in which functions.
 *
 * @param kind  of the verdict or failure
 * @param sites where the CPUs are, and in which states an idle kernel's tasks, or what the guest said of it, without its numbers
 */
public record Cause(String kind, List<String> sites) {
    private static final int MOST_FUNCTIONS = 4;

    /** @param functions names addresses, if anything does */
    static Cause of(Outcome.Finding finding, LongFunction<Optional<String>> functions) {
        return switch (finding) {
            case Outcome.Hung(Verdict verdict, List<String> tasks) -> new Cause(kind(verdict), Stream.concat(sites(verdict, functions), tasks.stream()).toList());
            case Outcome.Failed failed -> new Cause("failure", List.of(withoutNumbers(failed.last())));
            case Outcome.BudgetExhausted _ -> new Cause("no end", List.of());
        };
    }

    private static String kind(Verdict verdict) {
        return verdict.getClass().getSimpleName().replaceAll("([a-z])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    }

    /** Of CPUs that spin the functions in their loops: where in one the proof found them is chance. */
    private static Stream<String> sites(Verdict verdict, LongFunction<Optional<String>> functions) {
        Stream<String> sites = switch (verdict) {
            case Verdict.DeadSpin spin -> spin.loops().stream().map(loop -> functions(loop, functions));
            case Verdict.Storm storm -> storm.loops().stream().map(loop -> functions(loop, functions));
            default -> verdict.cpus().stream().map(place -> site(place, functions));
        };
        return sites.distinct();
    }

    private static String functions(Loop loop, LongFunction<Optional<String>> functions) {
        return loop.instructions().stream().map(address -> functions.apply(address).orElseGet(() -> "0x" + Long.toHexString(address))).distinct()
                .limit(MOST_FUNCTIONS).collect(Collectors.joining(" and "));
    }

    private static String site(CpuPlace place, LongFunction<Optional<String>> functions) {
        return functions.apply(place.rip()).orElseGet(() -> "0x" + Long.toHexString(place.rip()))
                + (place.interruptsOn() ? "" : " with interrupts off");
    }

    /** The first line that speaks of a panic, or the last one. */
    private static String withoutNumbers(String shown) {
        List<String> lines = shown.lines().filter(line -> !line.isBlank()).toList();
        String telling = lines.stream().filter(line -> line.toLowerCase(Locale.ROOT).contains("panic")).findFirst()
                .orElse(lines.isEmpty() ? "" : lines.getLast());
        return telling.replaceAll("0x[0-9a-fA-F]+|\\d+", "N").strip();
    }

    @Override
    public String toString() {
        return kind + (sites.isEmpty() ? "" : sites.stream().collect(Collectors.joining(", ", ": ", "")));
    }
}
