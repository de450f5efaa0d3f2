package trapframe.benchmarks;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.cpu.Observation;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

/**
 * Boots a kernel up to a number of executed code bytes, and goes back from there: a thousand single instructions, and to a breakpoint whose
 * last hit is half of that way before. Why: whoever debugs waits for each of these.
 *
 * <p>Arguments: kernel, initramfs, command line, code bytes.
 */
public final class TimelineWalk {
    private static final int STEPS = 1_000;
    private static final int ROUNDS = 3;
    private static final int BATCH = 40;
    private static final int MOST_BATCHES = 8;
    private static final double NANOS_PER_MILLI = 1e6;

    private TimelineWalk() { }

    public static void main(String[] arguments) {
        long bytes = Long.parseLong(arguments[3]);
        BootParameters parameters = BootParameters.of(arguments[2], BootModule.open(arguments[1]).toArray(new BootModule[0]));
        try (Machine machine = new Machine(MachineSpec.standard(), BootImage.open(Path.of(arguments[0])), parameters, new SerialInputQueue(),
                value -> { })) {
            Stopwatch watch = new Stopwatch();
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            while (executed(machine) < bytes) {
                timeline.goTo(Moment.at(timeline.now().position() + bytes - executed(machine)));
            }
            Moment end = timeline.now();
            System.out.printf("%d code bytes, position %d, after %.0f ms (%.0f ms of CPU time); %d checkpoints%n", executed(machine),
                    end.position(), watch.wall(), watch.cpu(), timeline.checkpoints());
            long address = lastSeenBefore(timeline, end, end.position() - bytes / 2);
            timeline.goTo(end);
            walkBack(timeline);
            runBack(timeline, address, end);
        }
    }

    private static long executed(Machine machine) {
        return machine.clock().position() - machine.skippedPositions();
    }

    private static void walkBack(Timeline timeline) {
        double[] wall = new double[STEPS];
        double[] cpu = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            Stopwatch watch = new Stopwatch();
            timeline.stepBack();
            wall[i] = watch.wall();
            cpu[i] = watch.cpu();
        }
        System.out.printf("%d steps back: the first %.1f ms (%.1f ms of CPU time)%n", STEPS, wall[0], cpu[0]);
        System.out.println("  host time: " + distribution(wall) + "; CPU time: " + distribution(cpu));
    }

    private static String distribution(double[] millis) {
        Arrays.sort(millis);
        return String.format("median %.1f ms, p95 %.1f ms, longest %.1f ms", millis[STEPS / 2], millis[STEPS * 95 / 100], millis[STEPS - 1]);
    }

    private static void runBack(Timeline timeline, long address, Moment end) {
        timeline.observe(new Observation(new long[] {address}, List.of(), false));
        for (int i = 0; i < ROUNDS; i++) {
            timeline.goTo(end);
            Stopwatch watch = new Stopwatch();
            Stop stop = timeline.runBack();
            System.out.printf("back to a breakpoint %d positions before: %.0f ms, %.0f ms of CPU time (%s)%n",
                    end.position() - timeline.now().position(), watch.wall(), watch.cpu(), stop);
        }
    }

    /** An address that is executed at a position or before, and not between it and the end. */
    private static long lastSeenBefore(Timeline timeline, Moment end, long position) {
        for (long from = position; ; from -= 20_000_000) {
            timeline.observe(Observation.NONE);
            timeline.goTo(Moment.at(from));
            TreeSet<Long> addresses = new TreeSet<>();
            for (int i = 0; i < 20 * STEPS; i++) {
                addresses.add(timeline.machine().cpuOnTurn().state().linearRip());
                timeline.step();
            }
            for (int batch = 0; batch < MOST_BATCHES && !addresses.isEmpty(); batch++) {
                TreeSet<Long> tried = addresses.stream().limit(BATCH).collect(Collectors.toCollection(TreeSet::new));
                addresses.removeAll(tried);
                timeline.goTo(Moment.at(from + 1_000_000));
                Stop stop = new Stop.Position();
                do {
                    timeline.observe(new Observation(tried.stream().mapToLong(Long::longValue).toArray(), List.of(), false));
                    stop = timeline.run(end.position());
                    if (stop instanceof Stop.Breakpoint(int cpu, long address)) {
                        tried.remove(address);
                    }
                } while (!(stop instanceof Stop.Position) && !tried.isEmpty());
                if (!tried.isEmpty()) {
                    return tried.first();
                }
            }
        }
    }

    /** Host time and the thread's CPU time since it was made, in milliseconds. */
    private static final class Stopwatch {
        private final long wall = System.nanoTime();
        private final long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        double wall() {
            return (System.nanoTime() - wall) / NANOS_PER_MILLI;
        }

        double cpu() {
            return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / NANOS_PER_MILLI;
        }
    }
}
