package trapframe.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.explore.Exploration;
import trapframe.explore.Point;
import trapframe.explore.Report;
import trapframe.explore.Subject;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.timeline.RunDescription;

/**
 * How many places of one round of Sprout's test of kernel threads a search decides in a second of CPU time: an interrupt at each at which one
 * would be taken, each run up to the next round. Counted are the thread that makes the runs, and what the search itself costs beside the run without
 * interrupts. Several searches in one Java VM: the first ones are also its compiler's.
 */
public final class ExploreRate {
    private static final long NANOS = 1_000_000_000L;
    private static final int SEARCHES = 5;
    private static final int ROUND = 12;

    private ExploreRate() { }

    /** @param arguments kernel, at most so many runs, searches, strategy; none of them is needed */
    public static void main(String[] arguments) {
        String kernel = arguments.length > 0 ? arguments[0] : "sprout";
        int budget = arguments.length > 1 ? Integer.parseInt(arguments[1]) : Integer.MAX_VALUE;
        int searches = arguments.length > 2 ? Integer.parseInt(arguments[2]) : SEARCHES;
        String strategy = arguments.length > 3 ? arguments[3] : "exhaustive";
        Path image = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target", kernel + ".elf");
        KernelSymbols symbols = KernelSymbols.open(image);
        RunDescription run = RunDescription.of(MachineSpec.standard().withMemory(8 << 20), BootImage.open(image), false,
                BootParameters.of("test=kthread"), new byte[0], false);
        long address = symbols.address("partner_main").orElseThrow();
        Point.Symbol begin = new Point.Symbol("partner_main", address, ROUND);
        Point.Symbol end = new Point.Symbol("partner_main", address, ROUND + 1);
        Subject subject = new Subject(run, run.opener(image), Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.empty())
                .coming(end);
        for (int search = 0; search < searches; search++) {
            long[] runs = new long[1];
            Exploration exploration = new Exploration(subject, new Exploration.Settings(Optional.of(begin), Optional.of(end), strategy, 1, budget, 1, true), _ -> Optional.empty(),
                    _ -> runs[0] = cpuNanos());
            long own = ownNanos();
            exploration.withoutInterrupts();
            long base = ownNanos() - own;
            own = ownNanos();
            Report report = exploration.run();
            long rest = Math.max(0, ownNanos() - own - base);
            long places = report.runs() + report.stoodFor();
            System.out.printf(Locale.ROOT, "%d runs, %d cut off, %.2f s: %.0f a second; %d places, %.2f s more: %.0f a second; %s%n", report.runs(), report.cut(),
                    (double) runs[0] / NANOS, (double) report.runs() * NANOS / runs[0], places, (double) rest / NANOS,
                    (double) places * NANOS / (runs[0] + rest), report.outcomes());
        }
    }

    private static long ownNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /** Of the threads that run schedules. */
    private static long cpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds())).filter(info -> info != null && info.getThreadName().startsWith("explore "))
                .mapToLong(ThreadInfo::getThreadId).map(threads::getThreadCpuTime).sum();
    }
}
