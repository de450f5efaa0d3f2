package trapframe.harness;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import trapframe.device.SerialOutput;
import trapframe.diagnose.Verdict;
import trapframe.explore.Schedule;
import trapframe.explore.Subject;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Endings;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.Replay;
import trapframe.timeline.RunDescription;

/**
 * A guest that is driven from goal to goal. Whatever it does, each call returns within its budget of virtual time. Used by one thread at a
 * time; sessions share nothing that changes.
 *
 * <p>{@link #rehearse} and {@link #again} do the same once more, with the steps of a schedule on the way.
 */
public final class Session implements AutoCloseable {
    private final Setup setup;
    private final Console console;
    private final Machine machine;
    private final Stimuli stimuli;
    private final List<Stage.Passed> passed = new ArrayList<>();
    private final Pursuit pursuit;
    private int cursor;
    private Optional<Rehearsal> rehearsal = Optional.empty();

    /** A guest at power-on. */
    public Session(Setup setup) {
        this(setup, console -> setup.opener().open(console));
    }

    /** A guest that goes on from a moment of another one with the same setup. */
    public Session(Setup setup, Fork fork) {
        this(setup);
        boolean done = false;
        try {
            restore(fork);
            done = true;
        } finally {
            if (!done) {
                machine.close();
            }
        }
    }

    private Session(Setup setup, Function<SerialOutput, Machine> opener) {
        this.setup = setup;
        console = new Console(setup.failTexts());
        machine = opener.apply(this::transmit);
        stimuli = new Stimuli(machine, this::leavePlace);
        pursuit = new Pursuit(machine, stimuli, console, setup.attended());
    }

    /**
     * A guest that stands where a recording ends.
     *
     * @param opener of the recording's run
     * @throws IllegalStateException if the replay is not the recorded run
     */
    public static Session replayed(Recording recording, RunDescription.Opener opener) {
        Session session = new Session(Setup.of(recording, opener), console -> replay(recording, opener, console));
        session.stimuli.restore(recording.inputs());
        session.cursor = session.transcript().length();
        recording.ended().ifPresent(ended -> session.pursuit.stopped(ended.reason()));
        return session;
    }

    private static Machine replay(Recording recording, RunDescription.Opener opener, SerialOutput console) {
        Replay replay = new Replay(recording, opener, console, Optional.empty());
        if (replay.run(true) instanceof Replay.Diverged) {
            replay.close();
            throw new IllegalStateException("the replay is not the recorded run");
        }
        return replay.machine();
    }

    private void transmit(int value) {
        if (console.show((byte) value)) {
            machine.requestStop();
        }
    }

    public Setup setup() {
        return setup;
    }

    public Machine machine() {
        return machine;
    }

    /** What the console shows. */
    public Transcript transcript() {
        return console.transcript();
    }

    /** The stages that were reached, in order. */
    public List<Stage.Passed> passed() {
        return Collections.unmodifiableList(passed);
    }

    /** Why the run ended by itself, if it has. */
    public Optional<StopReason> ended() {
        return pursuit.ended();
    }

    /** Why the guest will never get any further, if that is proved. */
    public Optional<Verdict> verdict() {
        return pursuit.verdict();
    }

    /** The run from where the rehearsal began on, as far as it is. */
    public Subject.Begin begin() {
        Fork begin = kept().begin();
        return new Subject.Begin(begin.snapshot(), stimuli.inputs().subList(begin.inputs().size(), stimuli.inputs().size()));
    }

    /** The steps of {@link #again}'s schedule that came, interrupts as the stalls that they were. */
    public Schedule came() {
        return stimuli.came();
    }

    /** The next of that schedule's steps that did not come yet, if there is one. */
    public Optional<Schedule.Step> next() {
        return stimuli.next();
    }

    /** Characters are typed at the console. */
    public void type(String text) {
        apply(new Input.Console(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Something comes to the machine from outside. */
    public void apply(Input input) {
        stimuli.apply(input);
    }

    /**
     * Runs until a goal is reached, or cannot be any more. What the console showed since the last goal counts, as if it was shown now.
     *
     * @param budgetNanos virtual time from now on, in nanoseconds; what stands still for a step of a schedule does not count
     * @throws NothingCame if a step is an interrupt, and none can come
     */
    public Outcome run(Goal goal, long budgetNanos) {
        RunLimits limits = pursuit.limits(budgetNanos);
        Optional<Rehearsal.Call> same = rehearsal.flatMap(kept -> kept.next(goal));
        return same.isPresent() && isTakenThrough(same.get()) ? same.get().outcome() : pursue(goal, limits, budgetNanos);
    }

    private Outcome pursue(Goal goal, RunLimits limits, long budgetNanos) {
        ConsoleWatch watch = console.watch(goal, cursor);
        try {
            Outcome outcome = watch.outcome().orElseGet(() -> pursuit.run(goal, watch, limits, budgetNanos));
            if (outcome instanceof Outcome.Reached || outcome instanceof Outcome.OtherLine) {
                cursor = goal instanceof Goal.Shows || goal instanceof Goal.ShowsLine || goal instanceof Goal.Matches ? watch.end() : cursor;
            }
            rehearsal.ifPresent(kept -> endCall(kept, goal, outcome));
            return outcome;
        } finally {
            console.forget();
        }
    }

    /** Runs to the end of a stage. There TLBs are emptied, in each run, so that those which begin there as forks are no others. */
    public Outcome run(Stage stage) {
        long from = machine.clock().nanos();
        if (!stage.types().isEmpty()) {
            type(stage.types());
        }
        Outcome outcome = run(stage.goal(), stage.budgetNanos());
        if (outcome instanceof Outcome.Reached) {
            passed.add(new Stage.Passed(stage.name(), machine.clock().nanos() - from));
            apply(new Input.TlbsEmptied());
        }
        return outcome;
    }

    /** The guest as it is now, for others to go on from. */
    public Fork fork() {
        return new Fork(machine.snapshot(), transcript().copy(), cursor, stimuli.inputs(), passed, machine.isPassing());
    }

    private void restore(Fork fork) {
        machine.restore(fork.snapshot());
        console.restore(fork.transcript());
        stimuli.restore(fork.inputs());
        passed.clear();
        passed.addAll(fork.passed());
        cursor = fork.cursor();
        pursuit.restore();
        if (fork.arrived()) {
            machine.pass();
        }
    }

    /**
     * From now on it is kept how the run goes, for {@link #again}. The TLBs are emptied now and behind each call, in this run and in those, so that the
     * machine can be taken there.
     */
    public void rehearse() {
        apply(new Input.TlbsEmptied());
        rehearsal = Optional.of(new Rehearsal(fork()));
    }

    /**
     * Goes back to where the rehearsal began. What is done now has to be the same again; the steps come on the way, at positions behind that.
     *
     * @throws IllegalStateException if there was no rehearsal
     */
    public void again(Schedule schedule) {
        Rehearsal kept = kept();
        kept.begins();
        restore(kept.begin());
        stimuli.announce(schedule);
    }

    private Rehearsal kept() {
        return rehearsal.orElseThrow(() -> new IllegalStateException("there was no rehearsal"));
    }

    /** Goes to the end of a rehearsed call if no step comes before that; else as near as it can to the step. */
    private boolean isTakenThrough(Rehearsal.Call call) {
        long step = stimuli.next().map(Schedule.Step::position).orElse(0L);
        if (step >= call.end().snapshot().position()) {
            restore(call.end());
            return true;
        }
        call.before(step).ifPresent(this::restore);
        rehearsal.ifPresent(Rehearsal::leave);
        return false;
    }

    private void leavePlace() {
        rehearsal.filter(kept -> kept.wantsPlace(machine.clock().position())).ifPresent(kept -> kept.passes(fork()));
    }

    private void endCall(Rehearsal kept, Goal goal, Outcome outcome) {
        if (ended().isEmpty()) {
            apply(new Input.TlbsEmptied());
        }
        if (kept.isOn()) {
            kept.reaches(goal, outcome, fork());
        }
    }

    /**
     * Writes a recording of the run up to here.
     *
     * @param detail what it says of its end to people, to follow "the guest"
     * @throws trapframe.timeline.TimelineException if runs of this setup cannot be recorded, or the file cannot be written
     */
    public void record(Path file, String detail) {
        try (RecordingFile recording = new RecordingFile(file, setup.describe())) {
            stimuli.inputs().forEach(recording::append);
            StopReason last = pursuit.reason();
            StopReason reason = last instanceof StopReason.Observed ? new StopReason.Interrupted() : last;
            recording.end(new Recording.Ended(Moment.of(machine), reason, Endings.id(reason, console.failure().isPresent()), detail,
                    Recording.Hash.of(machine)));
        }
    }

    @Override
    public void close() {
        machine.close();
    }
}
