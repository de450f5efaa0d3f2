package trapframe.timeline;

import java.util.List;
import java.util.Optional;
import trapframe.device.SerialOutput;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;

/** Does a recorded run again. */
public final class Replay implements AutoCloseable {
    /** What became of it. */
    public sealed interface Result { }

    /** It ended as the recorded one did. */
    public record AsRecorded(Recording.Ended ended) implements Result { }

    /** It got to where the recording breaks off. */
    public record BrokenOff() implements Result { }

    /** It is another run. */
    public record Diverged(Divergence divergence) implements Result { }

    private final Recording recording;
    private final RunDescription.Opener opener;
    private final SerialOutput console;
    private final Rerun rerun;
    private Rerun.Place good;
    private boolean shown = true;
    private long checked;

    /**
     * @param opener  of the recording's run
     * @param console shows what the guest writes, once
     * @param fault   a fault that the replay's machine has, to see it found
     */
    public Replay(Recording recording, RunDescription.Opener opener, SerialOutput console, Optional<PlantedFault> fault) {
        this.recording = recording;
        this.opener = opener;
        this.console = console;
        rerun = new Rerun(opener.open(this::transmit), recording, fault);
        good = rerun.place();
    }

    private void transmit(int value) {
        if (shown) {
            console.transmit(value);
        }
    }

    public Machine machine() {
        return rerun.machine();
    }

    /** The state hashes that were compared, and equal. */
    public long checked() {
        return checked;
    }

    /**
     * Where the recorded run was, and how.
     *
     * @param before how many of the recording's events come on the way
     * @param stop   why the machine stopped there by itself; empty if it did not
     * @param hash   of its state, if it is compared
     */
    private record Goal(Moment moment, int before, Optional<StopReason> stop, Optional<Recording.Hash> hash) {
        long position() {
            return moment.position();
        }

        /** Runs to the position. Returns whether all is as it was. */
        boolean isReachedBy(Rerun run) {
            run.goTo(position(), before);
            run.deliver(moment.deliveries());
            if (stop.isPresent() && run.stopped().isEmpty()) {
                run.goTo(position() + 1, before);
            }
            return run.position() == position() && run.stopped().equals(stop)
                    && hash.map(expected -> expected.matches(run.machine().stateHashes())).orElse(true);
        }
    }

    /**
     * Runs to the recording's end.
     *
     * @param verify whether each recorded hash is compared
     */
    public Result run(boolean verify) {
        for (Optional<Recording.Event> next = rerun.nextEvent(); next.isPresent(); next = rerun.nextEvent()) {
            Optional<Recording.Hash> hash = next.get() instanceof Recording.Checked expected ? Optional.of(expected.hash()) : Optional.empty();
            if (hash.isEmpty() || verify) {
                Goal goal = new Goal(Moment.at(next.get().position()), rerun.nextIndex(), Optional.empty(), hash);
                if (!goal.isReachedBy(rerun)) {
                    return diverged(goal);
                }
            }
            rerun.passEvent();
            if (hash.isPresent() && verify) {
                checked++;
                good = rerun.place();
            }
        }
        return recording.ended().map(ended -> end(ended, verify)).orElse(new BrokenOff());
    }

    private Result end(Recording.Ended ended, boolean verify) {
        boolean byItself = switch (ended.reason()) {
            case StopReason.PositionLimit _, StopReason.Interrupted _, StopReason.Observed _ -> false;
            default -> true;
        };
        Goal goal = new Goal(ended.moment(), rerun.nextIndex(), byItself ? Optional.of(ended.reason()) : Optional.empty(),
                verify ? Optional.of(ended.hash()) : Optional.empty());
        if (!goal.isReachedBy(rerun)) {
            return diverged(goal);
        }
        checked += verify ? 1 : 0;
        return new AsRecorded(ended);
    }

    /** Does the stretch since the last good place again, in this machine and in a new one, and compares. */
    private Result diverged(Goal goal) {
        shown = false;
        Rerun.Place bad = rerun.place();
        List<String> parts = goal.hash.map(hash -> hash.differences(machine().stateHashes())).orElse(List.of());
        try (Rerun fresh = new Rerun(opener.open(value -> { }), recording, Optional.empty())) {
            rerun.restore(good);
            fresh.restore(good);
            boolean again = goal.isReachedBy(rerun);
            boolean elsewhere = goal.isReachedBy(fresh);
            Divergence.Cause cause;
            if (again && elsewhere) {
                rerun.restore(bad);
                cause = new Divergence.NotAgain(StateDifference.between(machine(), fresh.machine()));
            } else if (machine().stateHash().equals(fresh.machine().stateHash())) {
                cause = new Divergence.OnlyHashes();
            } else {
                long end = Math.min(rerun.position(), fresh.position());
                FirstDifference first = again ? find(fresh, rerun, end, goal) : find(rerun, fresh, end, goal);
                cause = again || elsewhere ? new Divergence.Found(first) : new Divergence.Unsteady(first);
            }
            return new Diverged(new Divergence(good.position(), goal.position(), parts, cause));
        }
    }

    private FirstDifference find(Rerun suspect, Rerun reference, long end, Goal goal) {
        suspect.restore(good);
        reference.restore(good);
        return FirstDifference.find(suspect, reference, end, goal.before);
    }

    @Override
    public void close() {
        rerun.close();
    }
}
