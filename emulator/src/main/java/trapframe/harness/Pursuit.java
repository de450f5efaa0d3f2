package trapframe.harness;

import java.util.List;
import java.util.Optional;
import trapframe.cpu.Observation;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** Runs a guest's machine until a goal is reached or cannot be any more, and judges what came of it. */
final class Pursuit {
    /** How long a guest goes on that said that it failed, so that what it has to say of that is seen. */
    private static final long LAST_WORDS_NANOS = 50_000_000;

    private final Machine machine;
    private final Stimuli stimuli;
    private final Console console;
    private final boolean attended;
    private HangWatch hangs;
    private StopReason ended;
    private Verdict verdict;
    private StopReason last = new StopReason.Interrupted();

    /** @param attended whether somebody may type at any time */
    Pursuit(Machine machine, Stimuli stimuli, Console console, boolean attended) {
        this.machine = machine;
        this.stimuli = stimuli;
        this.console = console;
        this.attended = attended;
        hangs = new HangWatch(machine, stimuli);
    }

    /** The machine was restored to where it could go on. */
    void restore() {
        hangs = new HangWatch(machine, stimuli);
        ended = null;
        verdict = null;
        last = new StopReason.Interrupted();
    }

    /** The machine stopped for a reason when somebody else ran it. */
    void stopped(StopReason reason) {
        last = reason;
        noteEnd();
    }

    /** Why the run ended by itself, if it has. */
    Optional<StopReason> ended() {
        return Optional.ofNullable(ended);
    }

    /** Why the guest will never get any further, if that is proved. */
    Optional<Verdict> verdict() {
        return Optional.ofNullable(verdict);
    }

    /** Why the machine stopped last. */
    StopReason reason() {
        return last;
    }

    /** The limits of a run that begins now. */
    RunLimits limits(long nanos) {
        return new RunLimits(machine.clock().positionAtNanos(machine.clock().nanos() + nanos), attended);
    }

    /**
     * Runs to a goal.
     *
     * @param watch       looks for it on the console, and has not found it yet
     * @param limits      of the run, without what stands still for steps
     * @param budgetNanos what they are, for people
     */
    Outcome run(Goal goal, ConsoleWatch watch, RunLimits limits, long budgetNanos) {
        if (console.failure().isPresent()) {
            return new Outcome.FailureShown(console.failure().get());
        }
        if (ended != null) {
            return endedOutcome(goal);
        }
        if (goal instanceof Goal.Executes(_, long address)) {
            machine.observe(new Observation(new long[] {address}, List.of(), false));
        }
        try {
            runMachine(limits);
        } finally {
            machine.observe(Observation.NONE);
        }
        return outcome(goal, watch, budgetNanos);
    }

    private void runMachine(RunLimits limits) {
        long before = stimuli.came().stalled();
        last = stimuli.runThroughSteps(limits);
        boolean watched = switch (last) {
            case StopReason.PositionLimit _, StopReason.HaltedForGood _, StopReason.TripleFault _ -> true;
            default -> false;
        };
        if (watched) {
            watch(new RunLimits(limits.position() + stimuli.came().stalled() - before, attended));
        }
    }

    private void watch(RunLimits limits) {
        switch (hangs.run(limits)) {
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

    private Outcome outcome(Goal goal, ConsoleWatch watch, long budgetNanos) {
        if (console.failure().isPresent()) {
            hearLastWords();
            return new Outcome.FailureShown(console.failure().get());
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
            case StopReason.Observed _ -> {
                // The next goal is not reached by what was reached already.
                machine.pass();
                yield new Outcome.Reached("");
            }
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
            watch(limits(LAST_WORDS_NANOS));
        }
        noteEnd();
    }
}
