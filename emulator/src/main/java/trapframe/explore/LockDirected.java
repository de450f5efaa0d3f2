package trapframe.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import trapframe.diagnose.locks.LockReport;
import trapframe.diagnose.locks.Lockdep;
import trapframe.diagnose.locks.Prediction;

/**
 * Looks at all locks in one run without interrupts ({@link Lockdep}), and tries what that predicts: the next interrupt comes while a lock is held
 * that handlers take too, between the two locks of a circle, or where a lock was taken that is held at a sleep or HLT.
 */
final class LockDirected implements Strategy {
    /** Places that are tried of one prediction. */
    private static final int EACH = 8;
    private static final int MOST = 128;

    private final List<Schedule> schedules;
    private boolean tried;

    private LockDirected(List<Schedule> schedules) {
        this.schedules = schedules;
    }

    static LockDirected of(Subject subject, BaseRun base, Window window) {
        try (Bench bench = new Bench(subject)) {
            Lockdep lockdep = new Lockdep(bench.machine(), Optional.empty(), Lockdep.DEFAULT_NANOS_OFF);
            bench.run(base.end());
            return new LockDirected(schedules(lockdep.end(), window));
        }
    }

    private static List<Schedule> schedules(LockReport report, Window window) {
        List<Schedule> schedules = new ArrayList<>();
        for (Prediction prediction : report.predictions()) {
            positions(prediction).filter(position -> position >= window.from() && position < window.to()).distinct().limit(EACH)
                    .forEach(position -> schedules.add(Schedule.interruptAt(position)));
        }
        return List.copyOf(schedules.subList(0, Math.min(MOST, schedules.size())));
    }

    private static LongStream positions(Prediction prediction) {
        return switch (prediction) {
            case Prediction.InterruptUnsafe unsafe -> unsafe.windows().stream().mapToLong(trapframe.diagnose.locks.Window::from);
            case Prediction.Cycle cycle -> cycle.orders().stream().mapToLong(order -> order.taking().position());
            case Prediction.SleepsWithLock sleep -> LongStream.of(sleep.left().position(), sleep.taken().position());
            case Prediction.HaltsWithLock halt -> LongStream.of(halt.halt().position(), halt.taken().position());
            case Prediction.InterruptsOff _ -> LongStream.empty();
        };
    }

    @Override
    public String name() {
        return "locks";
    }

    @Override
    public long most() {
        return schedules.size();
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> next = tried ? List.of() : schedules;
        tried = true;
        return next;
    }
}
