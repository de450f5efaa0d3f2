package trapframe.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
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
    private static final int CANDIDATES = 50;
    private static final double NANOS_PER_MILLI = 1e6;

    private TimelineWalk() { }

    public static void main(String[] arguments) {
        long bytes = Long.parseLong(arguments[3]);
        BootParameters parameters = BootParameters.of(arguments[2], BootModule.open(arguments[1]).toArray(new BootModule[0]));
        try (Machine machine = new Machine(MachineSpec.standard(), BootImage.open(Path.of(arguments[0])), parameters, new SerialInputQueue(),
                value -> { })) {
            long started = System.nanoTime();
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            while (executed(machine) < bytes) {
                timeline.goTo(Moment.at(timeline.now().position() + bytes - executed(machine)));
            }
            Moment end = timeline.now();
            System.out.printf("%d code bytes, position %d, after %.0f ms; %d checkpoints%n", executed(machine), end.position(),
                    millis(started), timeline.checkpoints());
            long address = lastSeenBefore(timeline, end, end.position() - bytes / 2);
            timeline.goTo(end);
            walkBack(timeline);
            timeline.goTo(end);
            runBack(timeline, address, end);
        }
    }

    private static long executed(Machine machine) {
        return machine.clock().position() - machine.skippedPositions();
    }

    private static void walkBack(Timeline timeline) {
        double[] millis = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            long started = System.nanoTime();
            timeline.stepBack();
            millis[i] = millis(started);
        }
        double first = millis[0];
        Arrays.sort(millis);
        System.out.printf("%d steps back: the first %.1f ms, median %.1f ms, p95 %.1f ms, longest %.1f ms%n", STEPS, first,
                millis[STEPS / 2], millis[STEPS * 95 / 100], millis[STEPS - 1]);
    }

    private static void runBack(Timeline timeline, long address, Moment end) {
        timeline.observe(new Observation(new long[] {address}, List.of(), false));
        long started = System.nanoTime();
        Stop stop = timeline.runBack();
        System.out.printf("back to a breakpoint %d positions before: %.0f ms (%s)%n", end.position() - timeline.now().position(),
                millis(started), stop);
    }

    /** An address that is executed before a position, and not between it and the end. */
    private static long lastSeenBefore(Timeline timeline, Moment end, long position) {
        for (long from = position; ; from -= 1_000_000) {
            timeline.observe(Observation.NONE);
            timeline.goTo(Moment.at(from));
            TreeSet<Long> addresses = new TreeSet<>();
            for (int i = 0; i < CANDIDATES; i++) {
                addresses.add(timeline.machine().cpuOnTurn().state().linearRip());
                timeline.step();
            }
            Stop stop = new Stop.Position();
            do {
                timeline.observe(new Observation(addresses.stream().mapToLong(Long::longValue).toArray(), List.of(), false));
                stop = timeline.run(end.position());
                if (stop instanceof Stop.Breakpoint(int cpu, long address)) {
                    addresses.remove(address);
                }
            } while (!(stop instanceof Stop.Position) && !addresses.isEmpty());
            if (!addresses.isEmpty()) {
                return addresses.first();
            }
        }
    }

    private static double millis(long started) {
        return (System.nanoTime() - started) / NANOS_PER_MILLI;
    }
}
