package trapframe.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import trapframe.explore.Stretches.Stretch;

/**
 * Two interrupts: the second one comes in the handler of the first, or in a task that runs because of it, before the interrupted code goes on. Both
 * come where footprints say that they can make a difference, as of {@link Reduced}. In the order of the first one's places; of each first the run
 * with it alone, and unless that is a finding already, those with a second one, in the order of their places.
 */
final class Pairs implements Strategy {
    /** First places that are tried alone before second ones are tried with them. */
    private static final int FIRSTS = 16;
    private static final int BATCH = 256;
    /** Behind so many code bytes no second place is looked for. */
    private static final long LONGEST = 100_000;

    private final Explorer explorer;
    private final Reduced reduced;
    private final List<WatchedBench> benches;
    private final Deque<Schedule> firsts = new ArrayDeque<>();
    private final Deque<Schedule> pairs = new ArrayDeque<>();
    /** What was tried alone in the last batch. */
    private List<Schedule> alone = List.of();

    Pairs(Explorer explorer, BaseRun base, Window window) {
        this.explorer = explorer;
        reduced = new Reduced(explorer, base, window, Exhaustive.BATCH);
        benches = explorer.watched();
    }

    @Override
    public String name() {
        return "pairs";
    }

    @Override
    public long most() {
        return Long.MAX_VALUE;
    }

    @Override
    public List<Schedule> next(List<Trial> before) {
        List<Schedule> tried = alone;
        pairs.addAll(pairs(IntStream.range(0, Math.min(tried.size(), before.size())).filter(i -> !(before.get(i).outcome() instanceof Outcome.Finding))
                .mapToObj(tried::get).toList()));
        alone = List.of();
        if (!pairs.isEmpty()) {
            return take(pairs, BATCH);
        }
        if (firsts.isEmpty()) {
            firsts.addAll(reduced.next(List.of()));
        }
        alone = take(firsts, FIRSTS);
        return List.copyOf(alone);
    }

    private static List<Schedule> take(Deque<Schedule> schedules, int most) {
        List<Schedule> taken = new ArrayList<>();
        while (taken.size() < most && !schedules.isEmpty()) {
            taken.add(schedules.removeFirst());
        }
        return taken;
    }

    private List<Schedule> pairs(List<Schedule> some) {
        List<Checkpoint> places = some.stream().map(first -> explorer.at(first.position())).toList();
        return explorer.share(benches, some.size(), (watched, i) -> pairs(watched, some.get(i), places.get(i))).stream().flatMap(List::stream).toList();
    }

    /** @param place of the first interrupt, in the run without any */
    private List<Schedule> pairs(WatchedBench watched, Schedule first, Checkpoint place) {
        Bench bench = watched.bench();
        bench.restore(place);
        Interrupted interrupted = new Interrupted(bench);
        if (!bench.apply(new Schedule.Action.Interrupt())) {
            return List.of();
        }
        Checkpoint begin = bench.checkpoint();
        interrupted.comeBack(bench.position() + LONGEST);
        long end = bench.position();
        bench.restore(begin);
        List<Stretch> row = new Stretches(watched, end).next(Integer.MAX_VALUE);
        boolean[] chosen = watched.choose(row, begin);
        List<Schedule> schedules = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i]) {
                schedules.add(first.with(new Schedule.Step(row.get(i).position(), new Schedule.Action.Interrupt())));
            }
        }
        return schedules;
    }
}
