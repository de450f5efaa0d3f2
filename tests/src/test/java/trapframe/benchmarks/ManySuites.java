package trapframe.benchmarks;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Runs the suites that users would start from again and again, every other time in random order and several tests at a time, and counts how they end. */
public final class ManySuites {
    private static final int RUNS = 200;

    private ManySuites() { }

    public static void main(String[] arguments) throws ClassNotFoundException {
        int runs = arguments.length == 0 ? RUNS : Integer.parseInt(arguments[0]);
        Map<String, Integer> ends = new TreeMap<>();
        for (int run = 0; run < runs; run++) {
            boolean random = run % 2 == 1;
            Events tests = EngineTestKit.engine("junit-jupiter")
                    .selectors(suite("trapframe.junit.SproutShellTest"), suite("trapframe.junit.SproutAtItsPromptTest"))
                    .configurationParameter("junit.jupiter.execution.parallel.enabled", Boolean.toString(random))
                    .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent")
                    .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                    .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                    .configurationParameter("junit.jupiter.testmethod.order.default", "org.junit.jupiter.api.MethodOrderer$" + (random ? "Random" : "MethodName"))
                    .configurationParameter("junit.jupiter.testclass.order.default", "org.junit.jupiter.api.ClassOrderer$" + (random ? "Random" : "ClassName"))
                    .configurationParameter("junit.jupiter.execution.order.random.seed", Integer.toString(run)).execute().testEvents();
            ends.merge(String.format(Locale.ROOT, "%d succeeded, %d failed", tests.succeeded().count(), tests.failed().count()), 1, Integer::sum);
            if (run % 20 == 19) {
                System.out.printf(Locale.ROOT, "%d runs: %s%n", run + 1, ends);
            }
        }
        System.out.printf(Locale.ROOT, "%d runs: %s%n", runs, ends);
    }

    private static ClassSelector suite(String name) throws ClassNotFoundException {
        return selectClass(Class.forName(name));
    }
}
