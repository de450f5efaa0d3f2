package trapframe.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Why: {@link ClockBenchmark} takes the wall clock, which other work on the machine moves more than the clock costs. This runs
 * the same loops in turns, takes the thread's CPU time, and prints medians and the cost in percent of the hook-free speed, with
 * the least and the largest of several pairs of engines: where their data lies in the host's memory counts as well.
 */
public final class ClockCost {
    private static final int PAIRS = 7;
    private static final int TURNS = 15;
    private static final int REPEATS = 10;
    private static final double ROUNDS = ClockBenchmark.ROUNDS * (double) REPEATS;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private ClockCost() { }

    public static void main(String[] arguments) {
        System.out.println("operations   in a block  hook-free ns  with the clock ns  cost, % of hook-free speed (least, largest)");
        for (String operations : new String[] {"independent", "dependent"}) {
            for (int instructions : new int[] {3, 6, 12, 24}) {
                measure(operations, instructions);
            }
        }
    }

    private static void measure(String operations, int instructions) {
        double[] free = new double[PAIRS];
        double[] clock = new double[PAIRS];
        for (int pair = 0; pair < PAIRS; pair++) {
            ClockBenchmark benchmark = new ClockBenchmark();
            benchmark.operations = operations;
            benchmark.instructionsInBlock = instructions;
            benchmark.open();
            benchmark.aluLoop();
            benchmark.aluLoopWithoutHooks();
            double[] freeTurns = new double[TURNS];
            double[] clockTurns = new double[TURNS];
            for (int turn = 0; turn < TURNS; turn++) {
                freeTurns[turn] = nanos(benchmark::aluLoopWithoutHooks);
                clockTurns[turn] = nanos(benchmark::aluLoop);
            }
            benchmark.close();
            free[pair] = median(freeTurns);
            clock[pair] = median(clockTurns);
        }
        double[] cost = new double[PAIRS];
        Arrays.setAll(cost, pair -> 100 * (1 - free[pair] / clock[pair]));
        System.out.printf(Locale.ROOT, "%-12s %10d %13.2f %18.2f %12.0f (%.0f, %.0f)%n", operations, instructions, median(free),
                median(clock), median(cost), DoubleStream.of(cost).min().orElseThrow(), DoubleStream.of(cost).max().orElseThrow());
    }

    private static double nanos(Runnable loop) {
        long before = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < REPEATS; i++) {
            loop.run();
        }
        return (THREADS.getCurrentThreadCpuTime() - before) / ROUNDS;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
