package trapframe.explore;

import java.util.List;
import trapframe.machine.StopReason;

/**
 * Runs schedules on one bench, one after the other, each with one interrupt, at rising positions. Each run begins where the one before was
 * interrupted, and is cut off when it is back in the state of the one before: see {@link Resumed}. Other schedules run as a whole.
 */
final class Walk {
    private final Bench bench;
    private final BaseRun base;
    private final long limit;
    private final boolean cuts;
    /** Where the last schedule's interrupt came. */
    private Checkpoint cursor;
    /** Whether the bench was there in this walk: before, its TLBs may have anything. */
    private boolean begun;
    private Resumed resumed;
    private Outcome outcome;

    /** @param start where the run without interrupts is before the first schedule, from where runs are cut off; null if they are not */
    Walk(Bench bench, BaseRun base, long limit, Checkpoint start) {
        this.bench = bench;
        this.base = base;
        this.limit = limit;
        cuts = start != null;
        cursor = start;
    }

    /** @param following what runs next here; a guess that is wrong costs time alone */
    Trial run(Schedule schedule, Schedule following) {
        List<Schedule.Step> steps = schedule.steps();
        // Between marks what a TLB knows hangs on what ran before: a run that is not to be cut off begins at one.
        if (!cuts || steps.size() != 1 || !(steps.getFirst().action() instanceof Schedule.Action.Interrupt)) {
            bench.restore(base.before(schedule.position()));
            return trial(bench.run(schedule, base.usual(), limit), false);
        }
        cursor = begun ? bench.goOn(schedule.position(), base, cursor) : bench.goTo(schedule.position(), base, cursor);
        begun = true;
        long distance = following.steps().isEmpty() ? 0 : following.steps().getFirst().position() - cursor.position();
        return interrupt(Math.max(0, distance));
    }

    private Trial trial(Outcome result, boolean cut) {
        return new Trial(bench.came(), result, cut);
    }

    private Trial interrupt(long distance) {
        Interrupted interrupted = new Interrupted(bench);
        if (!bench.apply(new Schedule.Action.Interrupt())) {
            return trial(new Outcome.Equivalent(), false);
        }
        Resumed before = resumed;
        resumed = null;
        long stalled = bench.came().stalled();
        StopReason reason = new StopReason.PositionLimit();
        boolean cut = false;
        if ((distance > 0 || before != null) && interrupted.isRequested()) {
            reason = interrupted.comeBack(Math.min(base.usual(), limit) + stalled);
            if (reason instanceof StopReason.Returned) {
                cut = before != null && before.isSame(interrupted);
                reason = distance == 0 ? new StopReason.PositionLimit() : bench.run(bench.position() + distance);
                if (reason instanceof StopReason.PositionLimit) {
                    resumed = new Resumed(bench, interrupted);
                }
            }
        }
        if (!cut) {
            outcome = reason instanceof StopReason.PositionLimit ? runToEnd(stalled) : bench.judge(reason);
        }
        return trial(outcome, cut);
    }

    private Outcome runToEnd(long stalled) {
        // From here on the run is one that can be had again.
        bench.machine().emptyTlbs();
        return bench.runToEnd(base.usual() + stalled, limit + stalled);
    }
}
