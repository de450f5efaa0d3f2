package trapframe.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import trapframe.machine.StopReason;

/**
 * Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs", ASPLOS 2010. Of a run with k points of synchronisation a fault that needs d orderings is found with a probability of at least 1 / (n k^(d-1))
 * for n threads: d - 1 of the points, drawn at random, are where priorities change.
 *
 * <p>CPUs are the threads whose priorities are drawn: at the window's beginning, and at each change, which makes the running one's the lowest, the turn goes
 * to the first of them. On one CPU the next interrupt comes at a change, and the guest's own scheduler says who is next. Points are counted in the run as
 * it goes with the changes before; what changes lead to has points of its own, so that k is taken from a run that has changes.
 */
final class PriorityChanges implements Strategy {
    static final int USUAL_DEPTH = 3;
    static final int MOST_DEPTH = 16;
    private static final int BATCH = 32;
    /** How long the first one runs on while others could, in positions: one that spins for a lower one lets it have turns then. */
    private static final long TURN = 1 << 18;
    /** Positions between two looks at how many points there were. */
    private static final long LOOK = 1 << 16;
    /** Spreads the numbers of schedules over seeds (2^64 divided by the golden ratio). */
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private record Watched(Bench bench, SyncWatch watch) { }

    private final Explorer explorer;
    private final BaseRun base;
    private final Window window;
    private final int cpus;
    private final int depth;
    private final long seed;
    private final int most;
    private final List<Watched> benches;
    private final int points;
    private int tried;

    /**
     * @param depth d, 2 to {@link #MOST_DEPTH}
     * @param most  runs in all
     */
    PriorityChanges(Explorer explorer, BaseRun base, Window window, int cpus, int depth, long seed, int most) {
        this.explorer = explorer;
        this.base = base;
        this.window = window;
        this.cpus = cpus;
        this.depth = depth;
        this.seed = seed;
        this.most = most;
        benches = explorer.others(bench -> new Watched(bench, new SyncWatch(bench.machine())));
        points = points(benches.getFirst());
    }

    /** How many a run of the window has, with no changes or with all of them at its first points. */
    private int points(Watched watched) {
        int[] first = IntStream.range(0, depth - 1).toArray();
        return Math.max(pointsWith(watched, new int[0]), pointsWith(watched, first));
    }

    private int pointsWith(Watched watched, int[] changes) {
        Changed changed = change(watched, IntStream.range(0, cpus).boxed().toList(), changes);
        watched.watch.begin();
        watched.bench.run(window.to() + changed.stalled);
        return changed.points + watched.watch.positions().size();
    }

    private void begin(Watched watched) {
        watched.bench.begin(base, window);
    }

    @Override
    public String name() {
        return "pct";
    }

    @Override
    public long most() {
        return points == 0 ? 0 : most;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        if (points == 0) {
            return List.of();
        }
        List<Schedule> batch = explorer.share(benches, Math.min(BATCH, most - tried),
                (watched, i) -> schedule(watched, new SplittableRandom(seed + GOLDEN * (tried + i))));
        tried += batch.size();
        return batch;
    }

    private Schedule schedule(Watched watched, SplittableRandom random) {
        List<Integer> priorities = new ArrayList<>(IntStream.range(0, cpus).boxed().toList());
        for (int i = cpus - 1; i > 0; i--) {
            priorities.add(priorities.remove(random.nextInt(i + 1)));
        }
        return change(watched, priorities, random.ints(depth - 1, 0, points).sorted().distinct().toArray()).schedule;
    }

    /**
     * A run up to its last change.
     *
     * @param points  that it came by
     * @param stalled positions that its interrupts took
     */
    private record Changed(Schedule schedule, int points, long stalled) { }

    /** @param changes the numbers of the points at which priorities change, in ascending order */
    private Changed change(Watched watched, List<Integer> priorities, int[] changes) {
        Deque<Integer> order = new ArrayDeque<>(priorities);
        List<Schedule.Step> steps = new ArrayList<>();
        begin(watched);
        if (cpus > 1) {
            add(steps, watched.bench, new Schedule.Action.Turn(order.getFirst(), TURN));
        }
        int seen = 0;
        long stalled = 0;
        for (int change : changes) {
            if (!goesTo(watched, change - seen, base.usual() + stalled)) {
                break;
            }
            seen = change;
            if (cpus > 1) {
                int running = watched.bench.machine().cpuOnTurn().number();
                order.remove(running);
                order.addLast(running);
            }
            add(steps, watched.bench, cpus > 1 ? new Schedule.Action.Turn(order.getFirst(), TURN) : new Schedule.Action.Interrupt());
            stalled += watched.bench.came().stalled();
        }
        return new Changed(new Schedule(steps), seen, stalled);
    }

    /** Does something, unless it is an interrupt and none can come. */
    private static void add(List<Schedule.Step> steps, Bench bench, Schedule.Action action) {
        Checkpoint before = bench.checkpoint();
        if (bench.apply(action)) {
            steps.add(new Schedule.Step(before.position(), action));
        } else {
            bench.restore(before);
        }
    }

    /** Goes to a point, with so many others before it. Returns false if the run ends first, or comes to a position. */
    private static boolean goesTo(Watched watched, int others, long limit) {
        Bench bench = watched.bench;
        Checkpoint start = bench.checkpoint();
        watched.watch.begin();
        boolean goesOn = true;
        while (goesOn && watched.watch.positions().size() <= others) {
            goesOn = bench.position() < limit && bench.run(bench.position() + LOOK) instanceof StopReason.PositionLimit;
        }
        if (watched.watch.positions().size() <= others) {
            return false;
        }
        long position = watched.watch.positions().get(others);
        bench.restore(start);
        return bench.run(position) instanceof StopReason.PositionLimit;
    }
}
