package trapframe.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import trapframe.machine.StopReason;

/**
 * Runs schedules on one bench, one after the other, each with one interrupt, at rising positions. Each run begins where the one before was
 * interrupted, and is cut off when it is back in the state of the one before: see {@link Resumed}. Other schedules run as a whole.
 */
final class Walk {
    /**
     * Positions that are not looked at closely behind one whose interrupt did not come back, at first and at most: to step through it costs
     * as much as many runs.
     */
    private static final int REST = 16;
    private static final int LONGEST_REST = 256;
    /** Ways back that are tried before it is stepped. */
    private static final int WAYS = 4;

    private final Bench bench;
    private final BaseRun base;
    private final long limit;
    private final boolean cuts;
    /** Where the last schedule's interrupt came. */
    private Checkpoint cursor;
    /** The last ways back, those that were gone last in front. */
    private final List<Interrupted.Way> ways = new ArrayList<>();
    private int rest;
    private int nextRest = REST;
    private Resumed resumed;
    private Outcome outcome;

    /** @param cuts whether runs are cut off */
    Walk(Bench bench, BaseRun base, long limit, boolean cuts) {
        this.bench = bench;
        this.base = base;
        this.limit = limit;
        this.cuts = cuts;
    }

    /** @param following what runs next here; a guess that is wrong costs time alone */
    Trial run(Schedule schedule, Schedule following) {
        List<Schedule.Step> steps = schedule.steps();
        long position = steps.isEmpty() ? 0 : steps.getFirst().position();
        if (bench.machine().cpus().size() > 1 || steps.size() != 1 || !(steps.getFirst().action() instanceof Schedule.Action.Interrupt)) {
            bench.restore(base.before(position));
            return trial(bench.run(schedule, base.usual(), limit), false);
        }
        goTo(position);
        long distance = following.steps().isEmpty() ? 0 : following.steps().getFirst().position() - cursor.position();
        return interrupt(Math.max(0, distance));
    }

    private Trial trial(Outcome result, boolean cut) {
        return new Trial(bench.came(), result, cut);
    }

    private void goTo(long position) {
        Checkpoint before = base.before(position);
        bench.restore(cursor != null && cursor.position() <= position && cursor.position() >= before.position() ? cursor : before);
        bench.run(position);
        cursor = bench.checkpoint();
    }

    private Trial interrupt(long distance) {
        Interrupted interrupted = new Interrupted(bench);
        if (!bench.apply(new Schedule.Action.Interrupt())) {
            return trial(new Outcome.Equivalent(), false);
        }
        Resumed before = resumed;
        resumed = null;
        if (!cuts || distance == 0 && before == null || !comesBack(interrupted)) {
            bench.restore(cursor);
            return trial(bench.run(Schedule.interruptAt(cursor.position()), base.usual(), limit), false);
        }
        boolean cut = before != null && before.isSame(cursor, interrupted, ways.getFirst().depth());
        StopReason reason = distance == 0 ? new StopReason.PositionLimit() : bench.run(bench.position() + distance);
        if (reason instanceof StopReason.PositionLimit) {
            resumed = new Resumed(bench, interrupted);
        }
        if (!cut) {
            long stalled = bench.came().stalled();
            outcome = reason instanceof StopReason.PositionLimit ? bench.runToEnd(base.usual() + stalled, limit + stalled) : bench.judge(reason);
        }
        return trial(outcome, cut);
    }

    /** Runs until the interrupt is over: a way that one before went, or else step by step. */
    private boolean comesBack(Interrupted interrupted) {
        long start = bench.position();
        List<Interrupted.Way> known = new ArrayList<>(ways);
        known.sort(Comparator.comparingLong(Interrupted.Way::length));
        for (Interrupted.Way way : known) {
            if (!(bench.run(start + way.length()) instanceof StopReason.PositionLimit)) {
                break;
            }
            if (interrupted.isBack()) {
                went(way);
                return true;
            }
        }
        return stepsBack(interrupted);
    }

    private boolean stepsBack(Interrupted interrupted) {
        if (rest > 0) {
            rest--;
            return false;
        }
        bench.restore(cursor);
        bench.apply(new Schedule.Action.Interrupt());
        Interrupted.Way way = interrupted.stepBack();
        if (way == null) {
            rest = nextRest;
            nextRest = Math.min(2 * nextRest, LONGEST_REST);
            return false;
        }
        nextRest = REST;
        went(way);
        return true;
    }

    private void went(Interrupted.Way way) {
        ways.remove(way);
        ways.addFirst(way);
        if (ways.size() > WAYS) {
            ways.removeLast();
        }
    }
}
