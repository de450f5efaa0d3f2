package trapframe.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Why: {@link ClockBenchmark} takes the wall clock, which other work on the machine moves more than the clock costs. This runs
 * the same loops in turns, takes the thread's CPU time, and prints medians and the cost in percent of the hook-free speed, with
 * the least and the largest of several pairs of engines. Each pair is in a process of its own: where code and data lie in the
 * host's memory counts as well, and changes from process to process.
 */
public final class ClockCost {
    private static final int PAIRS = 9;
    private static final int TURNS = 15;
    private static final int REPEATS = 4;
    private static final double ROUNDS = ClockBenchmark.ROUNDS * (double) REPEATS;
    private static final String ONE_PAIR = "one-pair";
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** One of {@link ClockBenchmark}'s loops. */
    private record Loop(String operations, int instructions) { }

    /** Nanoseconds a round. */
    private record Pair(double free, double clock) {
        double cost() {
            return 100 * (1 - free / clock);
        }
    }

    private ClockCost() { }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length > 0 && arguments[0].equals(ONE_PAIR)) {
            loops().forEach(loop -> {
                Pair pair = measure(loop);
                System.out.println(pair.free + " " + pair.clock);
            });
            return;
        }
        List<List<Pair>> processes = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            processes.add(inAnotherProcess());
        }
        System.out.println("operations   in a block  hook-free ns  with the clock ns  cost, % of hook-free speed (least, largest)");
        for (int i = 0; i < loops().size(); i++) {
            int line = i;
            print(loops().get(line), processes.stream().map(pairs -> pairs.get(line)).toList());
        }
    }

    private static List<Loop> loops() {
        return List.of(new Loop("independent", 3), new Loop("independent", 6), new Loop("independent", 12), new Loop("independent", 24),
                new Loop("dependent", 3), new Loop("dependent", 6), new Loop("dependent", 12), new Loop("dependent", 24));
    }

    private static List<Pair> inAnotherProcess() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ClockCost.class.getName(), ONE_PAIR));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<Pair> pairs = process.inputReader().lines().map(line -> line.split(" "))
                .map(words -> new Pair(Double.parseDouble(words[0]), Double.parseDouble(words[1]))).toList();
        if (process.waitFor() != 0 || pairs.size() != loops().size()) {
            throw new IOException("a process that measures ended with status " + process.exitValue());
        }
        return pairs;
    }

    private static void print(Loop loop, List<Pair> pairs) {
        double[] cost = pairs.stream().mapToDouble(Pair::cost).toArray();
        System.out.printf(Locale.ROOT, "%-12s %10d %13.2f %18.2f %12.0f (%.0f, %.0f)%n", loop.operations, loop.instructions,
                median(pairs.stream().mapToDouble(Pair::free).toArray()), median(pairs.stream().mapToDouble(Pair::clock).toArray()),
                median(cost), DoubleStream.of(cost).min().orElseThrow(), DoubleStream.of(cost).max().orElseThrow());
    }

    private static Pair measure(Loop loop) {
        ClockBenchmark benchmark = new ClockBenchmark();
        benchmark.operations = loop.operations;
        benchmark.instructionsInBlock = loop.instructions;
        benchmark.open();
        benchmark.aluLoop();
        benchmark.aluLoopWithoutHooks();
        double[] free = new double[TURNS];
        double[] clock = new double[TURNS];
        for (int turn = 0; turn < TURNS; turn++) {
            free[turn] = nanos(benchmark::aluLoopWithoutHooks);
            clock[turn] = nanos(benchmark::aluLoop);
        }
        benchmark.close();
        return new Pair(median(free), median(clock));
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
