package trapframe.explore;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.LongStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Endings;
import trapframe.timeline.Runner;

/** A machine on which a subject is run again and again, each time with another schedule. */
final class Bench implements AutoCloseable {
    private static final String WENT_ON = "went on for as long as --follow says";
    /** Behind the position at which a run should have ended, it is watched whether it hangs. */
    private static final long GRACE = 2_000_000;

    private final Subject subject;
    private final ConsoleWatch console;
    private final Machine machine;
    private Runner runner;
    private IntPredicate listener = _ -> false;
    private Schedule came = Schedule.NONE;
    private int times;
    private StopReason lastReason = new StopReason.PositionLimit();

    Bench(Subject subject) {
        this(subject, machine -> new GivenInputs(machine, subject));
        subject.begin().ifPresent(begin -> machine.restore(begin.place()));
    }

    /** Of which somebody else runs the machine, as a recorder does. */
    Bench(Subject subject, Function<Machine, Runner> runners) {
        this.subject = subject;
        console = new ConsoleWatch(subject.until(), subject.fail());
        machine = subject.opener().open(this::show);
        runner = runners.apply(machine);
        observe(false);
    }

    private void show(int value) {
        boolean isOver = console.show(value);
        if (listener.test(value) || isOver) {
            machine.requestStop();
        }
    }

    /** @param deliveries whether runs stop behind deliveries of interrupts and exceptions, too */
    void observe(boolean deliveries) {
        observe(LongStream.empty(), deliveries);
    }

    /** @param code where runs stop besides */
    void observe(LongStream code, boolean deliveries) {
        LongStream come = subject.come().stream().mapToLong(Point.Symbol::address);
        machine.observe(new Observation(LongStream.concat(come, code).toArray(), List.of(), deliveries));
    }

    /**
     * From now on somebody goes with the runs of this bench.
     *
     * @param by       runs the machine
     * @param listener hears the console; returns whether the machine is to stop
     */
    void accompany(Runner by, IntPredicate listener) {
        runner = by;
        this.listener = listener;
    }

    /** Whether the subject has to come to an instruction. */
    boolean hasToCome(long address) {
        return subject.come().filter(come -> come.address() == address).isPresent();
    }

    Machine machine() {
        return machine;
    }

    /** The CPU that goes on here, or that executed the last instruction if all of them wait. */
    Cpu cpu() {
        return machine.cpus().get(machine.cpuNext().orElse(machine.turn().cpu()));
    }

    Runner runner() {
        return runner;
    }

    ConsoleWatch console() {
        return console;
    }

    Checkpoint checkpoint() {
        return new Checkpoint(machine.snapshot(), console.state(), times);
    }

    void restore(Checkpoint checkpoint) {
        machine.restore(checkpoint.snapshot());
        restored(checkpoint);
    }

    /** Restores faster, a checkpoint that this bench made since it was restored: {@link Machine#retry}. */
    void retry(Checkpoint checkpoint) {
        machine.retry(checkpoint.snapshot());
        restored(checkpoint);
    }

    private void restored(Checkpoint checkpoint) {
        console.restore(checkpoint.console());
        times = checkpoint.times();
        came = Schedule.NONE;
    }

    /**
     * Goes to a position of the run without interrupts.
     *
     * @param near a place of that run to which the machine can go back; null if there is none but those at marks
     */
    Checkpoint goTo(long position, BaseRun base, Checkpoint near) {
        return goTo(position, isNear(near, position, base) ? near : base.before(position));
    }

    /** Does what {@link #goTo} does, faster: {@link #retry}. */
    Checkpoint goOn(long position, BaseRun base, Checkpoint near) {
        if (!isNear(near, position, base)) {
            return goTo(position, base.before(position));
        }
        retry(near);
        return goOn(position);
    }

    /** Whether a place is before a position, and no mark is between. */
    private static boolean isNear(Checkpoint place, long position, BaseRun base) {
        return place != null && place.position() <= position && place.position() >= base.before(position).position();
    }

    /** Goes to where a window begins, in the run without interrupts. */
    StopReason begin(BaseRun base, Window window) {
        restore(base.before(window.from()));
        return run(window.from());
    }

    /** Goes to a position of a run, from a place of it that is not behind. */
    Checkpoint goTo(long position, Checkpoint from) {
        restore(from);
        return goOn(position);
    }

    private Checkpoint goOn(long position) {
        run(position);
        return checkpoint();
    }

    /**
     * Runs on with what is left of a schedule, and judges the run.
     *
     * @param usual the position at which a run should have ended
     * @param limit the position at which it is given up
     */
    Outcome run(Schedule schedule, long usual, long limit) {
        for (Schedule.Step step : schedule.steps()) {
            if (step.position() > position()) {
                StopReason reason = run(step.position());
                if (!(reason instanceof StopReason.PositionLimit)) {
                    return judge(reason);
                }
            }
            if (!apply(step.action())) {
                return new Outcome.Equivalent();
            }
        }
        long stalled = came.stalled();
        return runToEnd(usual + stalled, limit + stalled);
    }

    /** Does what a step says, now. Returns false if no interrupt can come; the machine is then anywhere. */
    boolean apply(Schedule.Action action) {
        long position = position();
        Optional<Schedule.Action> what = action.comeTo(machine, runner);
        what.filter(stall -> !stall.equals(new Schedule.Action.Stall(0))).ifPresent(one -> came = came.with(new Schedule.Step(position, one)));
        return what.isPresent();
    }

    /** What came since the last {@link #restore}, as it was: stalls by their lengths. */
    Schedule came() {
        return came;
    }

    /** Runs to an end, or to a proof that there is none; or for as long as the subject is to be followed. */
    Outcome runToEnd(long usual, long limit) {
        long followed = subject.follow().isPresent() ? position() + subject.follow().getAsLong() : Long.MAX_VALUE;
        if (followed < limit) {
            Outcome outcome = watch(followed);
            return outcome instanceof Outcome.BudgetExhausted ? new Outcome.GoalReached(WENT_ON) : outcome;
        }
        if (position() < usual && subject.follow().isEmpty()) {
            StopReason reason = run(Math.min(usual, limit));
            if (!(reason instanceof StopReason.PositionLimit)) {
                return judge(reason);
            }
        }
        return position() >= limit ? new Outcome.BudgetExhausted(position()) : watch(limit);
    }

    /** Runs to an end, or to a proof that there is none. */
    Outcome watch(long limit) {
        HangWatch watch = new HangWatch(machine, runner);
        while (true) {
            switch (watch.run(new RunLimits(limit))) {
                case Ending.Ended(StopReason.Breakpoint reason) when comesTooEarly() -> machine.pass();
                case Ending.Ended(StopReason reason) -> {
                    lastReason = reason;
                    return judge(reason);
                }
                case Ending.Hung hung -> {
                    lastReason = new StopReason.PositionLimit();
                    return judge(hung);
                }
            }
        }
    }

    /** The same without a watch, for a run that is known to end well, or at the limit, though it may wait for what comes to it later. */
    Outcome runThroughMarks(long limit) {
        StopReason reason = new StopReason.PositionLimit();
        while (reason instanceof StopReason.PositionLimit && position() < limit) {
            reason = run(Math.min(limit, Machine.markAfter(position())));
        }
        return judge(reason);
    }

    /** Runs up to a position, to an end, or to where the subject has to come. */
    StopReason run(long position) {
        lastReason = runner.run(new RunLimits(position));
        while (lastReason instanceof StopReason.Breakpoint && comesTooEarly()) {
            machine.pass();
            lastReason = runner.run(new RunLimits(position));
        }
        return lastReason;
    }

    /** Counts that the machine came to the subject's place. Returns whether it has to come there once more. */
    private boolean comesTooEarly() {
        times++;
        return times < subject.come().orElseThrow().times();
    }

    /** Why the machine stopped last; at a position, if a hang was proved there. */
    StopReason lastReason() {
        return lastReason;
    }

    private Outcome judge(Ending.Hung hung) {
        return Outcome.Hung.of(hung.verdict(), subject.tasks(), machine);
    }

    /** What a run is that ended by itself. */
    Outcome judge(StopReason reason) {
        if (console.seen().isPresent()) {
            return console.seen().get() == ConsoleWatch.Sight.UNTIL ? new Outcome.GoalReached("showed the text of --until")
                    : new Outcome.Failed(position(), "showed the text of --fail", console.last());
        }
        return switch (reason) {
            case StopReason.GuestExit exit when !exit.success() -> new Outcome.Failed(position(), words(reason), console.last());
            case StopReason.GuestExit _, StopReason.Reset _, StopReason.PowerOff _ -> new Outcome.GoalReached(words(reason));
            case StopReason.PositionLimit() -> new Outcome.BudgetExhausted(position());
            case StopReason.TripleFault _, StopReason.HaltedForGood _ -> proved(reason);
            case StopReason.Breakpoint _ -> new Outcome.GoalReached("came to " + subject.come().orElseThrow().words());
            case StopReason.Interrupted _, StopReason.Observed _ -> throw new IllegalStateException("nobody asked this run to stop: " + reason);
        };
    }

    /** A watch knows at once what these mean. */
    private Outcome proved(StopReason reason) {
        return switch (new HangWatch(machine).run(new RunLimits(position() + GRACE))) {
            case Ending.Hung hung -> judge(hung);
            case Ending.Ended _ -> new Outcome.Failed(position(), words(reason), console.last());
        };
    }

    private String words(StopReason reason) {
        return Endings.words(reason, machine.cpus().size());
    }

    long position() {
        return machine.clock().position();
    }

    /** Whether the run has ended well or badly by what the console showed. */
    Optional<ConsoleWatch.Sight> seen() {
        return console.seen();
    }

    @Override
    public void close() {
        machine.close();
    }
}
