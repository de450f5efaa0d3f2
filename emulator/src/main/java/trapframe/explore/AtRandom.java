package trapframe.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One to three steps at random positions: interrupts, and on a machine of several CPUs turns of any of them, short and long. The same seed makes the same
 * schedules.
 */
final class AtRandom implements Strategy {
    private static final int MOST_STEPS = 3;
    /** Turns last up to half of two to the power of this, in positions. */
    private static final int LONGEST_TURN = 22;

    private final Executed executed;
    private final int cpus;
    private final int most;
    private final SplittableRandom random;
    private int tried;

    /** @param most runs in all */
    AtRandom(Executed executed, int cpus, long seed, int most) {
        this.executed = executed;
        this.cpus = cpus;
        this.most = most;
        random = new SplittableRandom(seed);
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public long most() {
        return most;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> batch = new ArrayList<>();
        while (batch.size() < Spread.BATCH && tried < most) {
            tried++;
            batch.add(schedule());
        }
        return batch;
    }

    private Schedule schedule() {
        List<Schedule.Step> steps = new ArrayList<>();
        for (int i = random.nextInt(MOST_STEPS); i >= 0; i--) {
            steps.add(new Schedule.Step(executed.positionAt(random.nextLong(executed.codeBytes())), cpus > 1 && random.nextBoolean()
                    ? new Schedule.Action.Turn(random.nextInt(cpus), 1L << random.nextInt(LONGEST_TURN)) : new Schedule.Action.Interrupt()));
        }
        steps.sort(Comparator.comparingLong(Schedule.Step::position));
        return new Schedule(steps);
    }
}
