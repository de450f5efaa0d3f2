package trapframe.harness;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import trapframe.cpu.Observation;
import trapframe.device.SerialOutput;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.time.Clock;
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
 */
public final class Session implements AutoCloseable {
    /** How long a guest goes on that said that it failed, so that what it has to say of that is seen. */
    private static final long LAST_WORDS_NANOS = 50_000_000;

    private final Setup setup;
    private final Machine machine;
    private final HangWatch hangs;
    private final Transcript transcript;
    private final List<TextMatcher> failTexts;
    private final List<Recording.Event> inputs = new ArrayList<>();
    private final List<Stage.Passed> passed = new ArrayList<>();
    private int cursor;
    private ConsoleWatch watch;
    private StopReason ended;
    private String failure;
    private Verdict verdict;
    private StopReason last = new StopReason.Interrupted();

    /** A guest at power-on. */
    public Session(Setup setup) {
        this(setup, new Transcript());
    }

    /** A guest that goes on from a moment of another one with the same setup. */
    public Session(Setup setup, Fork fork) {
        this(setup, fork.transcript().copy());
        boolean done = false;
        try {
            cursor = fork.cursor();
            inputs.addAll(fork.inputs());
            passed.addAll(fork.passed());
            machine.restore(fork.snapshot());
            done = true;
        } finally {
            if (!done) {
                machine.close();
            }
        }
    }

    private Session(Setup setup, Transcript transcript) {
        this(setup, transcript, console -> setup.opener().open(console));
    }

    private Session(Setup setup, Transcript transcript, Function<SerialOutput, Machine> opener) {
        this.setup = setup;
        this.transcript = transcript;
        failTexts = setup.failTexts().stream().map(TextMatcher::new).toList();
        for (int i = 0; i < transcript.length(); i++) {
            byte shown = transcript.at(i);
            failTexts.forEach(text -> text.accept(shown));
        }
        machine = opener.apply(this::transmit);
        hangs = new HangWatch(machine);
    }

    /**
     * A guest that stands where a recording ends.
     *
     * @param opener of the recording's run
     * @throws IllegalStateException if the replay is not the recorded run
     */
    public static Session replayed(Recording recording, RunDescription.Opener opener) {
        Session session = new Session(Setup.of(recording, opener), new Transcript(), console -> replay(recording, opener, console));
        session.inputs.addAll(recording.events().stream().filter(event -> event instanceof Recording.Applied).toList());
        session.cursor = session.transcript.length();
        recording.ended().ifPresent(ended -> session.last = ended.reason());
        session.noteEnd();
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
        transcript.append((byte) value);
        for (int i = 0; i < failTexts.size(); i++) {
            if (failTexts.get(i).accept((byte) value) && failure == null) {
                failure = setup.failTexts().get(i);
                machine.requestStop();
            }
        }
        if (watch != null && watch.outcome().isEmpty()) {
            watch.look();
            if (watch.outcome().isPresent()) {
                machine.requestStop();
            }
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
        return transcript;
    }

    /** The stages that were reached, in order. */
    public List<Stage.Passed> passed() {
        return Collections.unmodifiableList(passed);
    }

    /** Why the run ended by itself, if it has. */
    public Optional<StopReason> ended() {
        return Optional.ofNullable(ended);
    }

    /** Why the guest will never get any further, if that is proved. */
    public Optional<Verdict> verdict() {
        return Optional.ofNullable(verdict);
    }

    /** Characters are typed at the console. */
    public void type(String text) {
        apply(new Input.Console(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Something comes to the machine from outside. */
    public void apply(Input input) {
        inputs.add(new Recording.Applied(Moment.of(machine), input));
        input.applyTo(machine);
    }

    /**
     * Runs until a goal is reached, or cannot be any more. What the console showed since the last goal counts, as if it was shown now.
     *
     * @param budgetNanos virtual time from now on, in nanoseconds
     */
    public Outcome run(Goal goal, long budgetNanos) {
        watch = new ConsoleWatch(transcript, goal, cursor);
        try {
            Outcome outcome = watch.outcome().orElseGet(() -> runMachine(goal, budgetNanos));
            if (outcome instanceof Outcome.Reached || outcome instanceof Outcome.OtherLine) {
                cursor = goal instanceof Goal.Shows || goal instanceof Goal.ShowsLine || goal instanceof Goal.Matches ? watch.end() : cursor;
            }
            return outcome;
        } finally {
            watch = null;
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

    private Outcome runMachine(Goal goal, long budgetNanos) {
        if (failure != null) {
            return new Outcome.FailureShown(failure);
        }
        if (ended != null) {
            return endedOutcome(goal);
        }
        if (goal instanceof Goal.Executes(_, long address)) {
            machine.observe(new Observation(new long[] {address}, List.of(), false));
            machine.pass();
        }
        try {
            watch(hangs.run(limits(budgetNanos)));
        } finally {
            machine.observe(Observation.NONE);
        }
        return outcome(goal, budgetNanos);
    }

    private void watch(Ending ending) {
        switch (ending) {
            case Ending.Ended(StopReason reason) -> last = reason;
            case Ending.Hung(Verdict found) -> {
                verdict = found;
                last = switch (found) {
                    case Verdict.TripleFault fault -> new StopReason.TripleFault(fault.cpu());
                    case Verdict.DeadHalt _ -> new StopReason.HaltedForGood();
                    case Verdict.NoProgress waits when waits.period().isEmpty() -> new StopReason.HaltedForGood();
                    default -> new StopReason.Interrupted();
                };
            }
        }
    }

    private Outcome outcome(Goal goal, long budgetNanos) {
        if (failure != null) {
            hearLastWords();
            return new Outcome.FailureShown(failure);
        }
        // A guest may write what it is expected to, and end with the same instruction.
        noteEnd();
        if (watch.outcome().isPresent()) {
            return watch.outcome().get();
        }
        if (ended != null) {
            return endedOutcome(goal);
        }
        return switch (last) {
            case StopReason.Observed _ -> new Outcome.Reached("");
            case StopReason.PositionLimit() -> goal instanceof Goal.Passes ? new Outcome.Reached("") : new Outcome.OutOfBudget(budgetNanos);
            default -> new Outcome.Hung(verdict);
        };
    }

    private void noteEnd() {
        boolean byItself = !(last instanceof StopReason.PositionLimit || last instanceof StopReason.Interrupted
                || last instanceof StopReason.Observed);
        ended = byItself ? last : null;
    }

    private Outcome endedOutcome(Goal goal) {
        if (goal instanceof Goal.Ends) {
            return new Outcome.Reached("");
        }
        return ended instanceof StopReason.HaltedForGood && verdict != null ? new Outcome.Hung(verdict) : new Outcome.Ended(ended);
    }

    private void hearLastWords() {
        if (last instanceof StopReason.Interrupted) {
            watch(hangs.run(limits(LAST_WORDS_NANOS)));
        }
        noteEnd();
    }

    private RunLimits limits(long nanos) {
        Clock clock = machine.clock();
        return new RunLimits(clock.positionAtNanos(clock.nanos() + nanos), setup.attended());
    }

    /** The guest as it is now, for others to go on from. */
    public Fork fork() {
        return new Fork(machine.snapshot(), transcript.copy(), cursor, inputs, passed);
    }

    /**
     * Writes a recording of the run up to here.
     *
     * @param detail what it says of its end to people, to follow "the guest"
     * @throws trapframe.timeline.TimelineException if runs of this setup cannot be recorded, or the file cannot be written
     */
    public void record(Path file, String detail) {
        try (RecordingFile recording = new RecordingFile(file, setup.describe())) {
            inputs.forEach(recording::append);
            StopReason reason = last instanceof StopReason.Observed ? new StopReason.Interrupted() : last;
            recording.end(new Recording.Ended(Moment.of(machine), reason, Endings.id(reason, failure != null), detail, Recording.Hash.of(machine)));
        }
    }

    @Override
    public void close() {
        machine.close();
    }
}
