package trapframe.benchmarks;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/**
 * Runs the suites that users would start from, those of {@code trapframe.examples} among them, again and again, every other time in random order and several
 * tests at a time, and names the tests that do not always end alike. Arguments: how many runs (200), and how many runs a search of {@code @Explore} may have (2).
 * Ends with 1 where a test failed, or was missing, in a run.
 */
public final class ManySuites {
    private static final List<String> SUITES = List.of("trapframe.junit.SproutShellTest", "trapframe.junit.SproutAtItsPromptTest", "trapframe.examples.SproutRegressionsTest");
    private static final String RUNS = "200";
    private static final String SEARCH = "2";

    private ManySuites() { }

    public static void main(String[] arguments) throws ClassNotFoundException {
        int runs = Integer.parseInt(arguments.length < 1 ? RUNS : arguments[0]);
        String search = arguments.length < 2 ? SEARCH : arguments[1];
        Map<String, Map<String, Integer>> ends = new TreeMap<>();
        long started = System.nanoTime();
        boolean good = true;
        for (int run = 1; run <= runs; run++) {
            run(run, search).forEach((test, end) -> ends.computeIfAbsent(test, any -> new TreeMap<>()).merge(end, 1, Integer::sum));
            if (run % 10 == 0 || run == runs) {
                good = report(run, ends, (System.nanoTime() - started) / 1e9);
            }
        }
        System.exit(good ? 0 : 1);
    }

    /** How each test ended. */
    private static Map<String, String> run(int run, String search) throws ClassNotFoundException {
        boolean random = run % 2 == 0;
        String order = random ? "Random" : "MethodName";
        ClassSelector[] suites = new ClassSelector[SUITES.size()];
        for (int i = 0; i < suites.length; i++) {
            suites[i] = selectClass(Class.forName(SUITES.get(i)));
        }
        Map<String, String> ends = new TreeMap<>();
        List<Event> finished = EngineTestKit.engine("junit-jupiter").selectors(suites)
                .configurationParameter("junit.jupiter.execution.parallel.enabled", Boolean.toString(random))
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
                .configurationParameter("junit.jupiter.testmethod.order.default", "org.junit.jupiter.api.MethodOrderer$" + order)
                .configurationParameter("junit.jupiter.testclass.order.default", "org.junit.jupiter.api.ClassOrderer$" + order.replace("Method", "Class"))
                .configurationParameter("junit.jupiter.execution.order.random.seed", Integer.toString(run))
                .configurationParameter("sprout", System.getProperty("trapframe.root") + "/kernel-image/target/sprout.elf")
                .configurationParameter("trapframe.explore.budget", search).execute().testEvents().finished().list();
        for (Event event : finished) {
            TestExecutionResult result = event.getRequiredPayload(TestExecutionResult.class);
            ends.put(event.getTestDescriptor().getUniqueId().toString(), result.getStatus() + result.getThrowable().map(failure -> ": " + failure.getMessage()).orElse(""));
        }
        return ends;
    }

    /** Whether each test was in each of the runs, and passed. */
    private static boolean report(int runs, Map<String, Map<String, Integer>> ends, double seconds) {
        long flaky = ends.values().stream().filter(end -> end.size() > 1 || end.values().iterator().next() != runs).count();
        System.out.printf(Locale.ROOT, "%d runs of %d tests in %.0f s: %d flaky, %d failed each time%n", runs, ends.size(), seconds, flaky,
                ends.values().stream().filter(end -> end.size() == 1 && !end.containsKey("SUCCESSFUL")).count());
        ends.forEach((test, end) -> {
            if (!end.keySet().equals(Set.of("SUCCESSFUL")) || end.get("SUCCESSFUL") != runs) {
                System.out.println("  " + test + ": " + end);
            }
        });
        return !ends.isEmpty() && ends.values().stream().allMatch(end -> end.getOrDefault("SUCCESSFUL", 0) == runs);
    }
}
