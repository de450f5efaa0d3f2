package trapframe.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Boots of Sprout that differ in the timer's phase. */
final class SproutPhases {
    /** A tick of 10 ms, in positions. */
    static final long TICK = 10_000_000;
    private static final long MEMORY = 8L << 20;

    private SproutPhases() { }

    /** The ways in which a run ends, as the exit codes of {@code trapframe boot} tell them. */
    enum End {
        /** 0. */
        WELL,
        /** 3 and 4. */
        HANGS,
        /** 1. */
        FAILS
    }

    /**
     * A boot.
     *
     * @param phase    by how many positions the ticks came earlier
     * @param position where it ended
     * @param verdict  the proof, if it hangs for sure
     */
    record Boot(long phase, End end, long position, Optional<Verdict> verdict) { }

    /** So many phases in equal steps through one tick. */
    static List<Long> phases(int count) {
        return LongStream.range(0, count).map(i -> i * (TICK / count)).boxed().toList();
    }

    /** What somebody sees who looks at a machine at the end of its run. */
    interface Look<T> {
        T at(End end, Optional<Verdict> verdict, Machine machine, String console);
    }

    /** Boots at each phase, each a machine of its own, so many at a time. */
    static List<Boot> boot(SproutVariants.Row row, List<Long> phases, int threads) throws InterruptedException, ExecutionException {
        BootImage image = image(row);
        List<Boot> boots = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<Boot>> futures = phases.stream().map(phase -> executor.submit(() -> boot(row, image, phase))).toList();
            for (Future<Boot> future : futures) {
                boots.add(future.get());
            }
        }
        return boots;
    }

    static Boot boot(SproutVariants.Row row, long phase) {
        return boot(row, image(row), phase);
    }

    static <T> T boot(SproutVariants.Row row, long phase, Look<T> look) {
        return boot(row, image(row), phase, look);
    }

    private static BootImage image(SproutVariants.Row row) {
        return BootImage.open(SproutBoot.IMAGE.resolveSibling(row.image()));
    }

    private static Boot boot(SproutVariants.Row row, BootImage image, long phase) {
        return boot(row, image, phase, (end, verdict, machine, console) -> new Boot(phase, end, machine.clock().position(), verdict));
    }

    private static <T> T boot(SproutVariants.Row row, BootImage image, long phase, Look<T> look) {
        MachineSpec spec = MachineSpec.standard().withMemory(MEMORY).withTimerPhase(phase);
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(spec, image, BootParameters.of(row.commandLine()), new SerialInputQueue(),
                value -> console.append((char) value))) {
            return switch (new HangWatch(machine).run(new RunLimits(row.limit()))) {
                case Ending.Ended(StopReason reason) -> look.at(end(reason), Optional.empty(), machine, console.toString());
                case Ending.Hung(Verdict.TripleFault fault) -> look.at(End.FAILS, Optional.of(fault), machine, console.toString());
                case Ending.Hung(Verdict verdict) -> look.at(End.HANGS, Optional.of(verdict), machine, console.toString());
            };
        }
    }

    private static End end(StopReason reason) {
        return switch (reason) {
            case StopReason.GuestExit exit -> exit.success() ? End.WELL : End.FAILS;
            case StopReason.Reset _, StopReason.PowerOff _ -> End.WELL;
            case StopReason.TripleFault _ -> End.FAILS;
            case StopReason.HaltedForGood _, StopReason.PositionLimit _ -> End.HANGS;
            case StopReason.Interrupted _, StopReason.Observed _ -> throw new IllegalStateException("nobody asks for a stop");
        };
    }
}
