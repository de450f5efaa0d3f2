package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.symbols.MemoryView;
import trapframe.symbols.Symbol;
import trapframe.symbols.Value;
import trapframe.symbols.tasks.Pool;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;

/** Follows the counter of something that the kernel has a limited number of through the run. */
final class PoolFinder {
    private static final int MOST_POINTS = 100_000;
    /** Of those that were never given back, how many are looked at, from the first one on. */
    private static final int MOST_KEPT = 64;

    private final Scene scene;
    private final Moment now;

    PoolFinder(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    /** @throws trapframe.symbols.SymbolsException if the pool's expressions name nothing */
    PoolHistory follow(Pool pool) {
        scene.timeline().goTo(now);
        MemoryView memory = scene.machine().cpus().getFirst()::look;
        Value counter = scene.symbols().value(pool.used(), memory);
        int bytes = (int) counter.type().size();
        long used = counter.number();
        OptionalLong limit = pool.limit().map(expression -> OptionalLong.of(scene.symbols().value(expression, memory).number()))
                .orElse(OptionalLong.empty());
        OptionalLong physical = scene.machine().cpus().getFirst().physical(counter.address());
        List<PoolHistory.Point> curve = physical.isPresent() ? curve(physical.getAsLong(), bytes) : List.of();
        int end = curve.size();
        if (limit.isPresent()) {
            while (end > 0 && curve.get(end - 1).value() < limit.getAsLong()) {
                end--;
            }
        }
        boolean wasFull = limit.isPresent() && end > 0;
        Optional<Event> full = wasFull ? Optional.of(event(curve.get(end - 1))) : Optional.empty();
        List<PoolHistory.Point> rises = kept(curve.subList(0, wasFull ? end : curve.size()));
        List<Event> kept = rises.stream().limit(MOST_KEPT).map(this::event).toList();
        List<Event> refused = full.isPresent() ? refused(full.get(), physical.getAsLong(), bytes, limit.getAsLong()) : List.of();
        scene.timeline().goTo(now);
        return new PoolHistory(pool.name(), pool.used(), limit, used, curve, full, kept, keepers(kept), refused);
    }

    /** Calls of the function that used the last one up, at which there was none. */
    private List<Event> refused(Event full, long physical, int bytes, long limit) {
        Optional<Symbol> function = scene.symbols().symbolAt(full.at().address());
        List<Event> refused = new ArrayList<>();
        if (function.isPresent()) {
            scene.timeline().goTo(Moment.at(full.position()));
            scene.timeline().observe(new Observation(new long[] {function.get().address()}, List.of(), false),
                    _ -> scene.number(physical, bytes) >= limit);
            while (refused.size() < MOST_KEPT && scene.timeline().run(now.position()) instanceof Stop.Breakpoint) {
                refused.add(scene.event(scene.machine().cpuOnTurn().number()));
            }
            scene.timeline().observe(Observation.NONE);
        }
        return refused;
    }

    private List<PoolHistory.Point> curve(long physical, int bytes) {
        List<PoolHistory.Point> curve = new ArrayList<>();
        scene.timeline().goTo(Moment.at(0));
        scene.timeline().observe(new Observation(new long[0], List.of(new Watch(physical, bytes, Watch.Kind.WRITE)), false));
        while (curve.size() < MOST_POINTS && scene.timeline().run(now.position()) instanceof Stop.Watchpoint) {
            long value = scene.number(physical, bytes);
            if (curve.isEmpty() || curve.getLast().value() != value) {
                curve.add(new PoolHistory.Point(scene.position(), value));
            }
        }
        scene.timeline().observe(Observation.NONE);
        return curve;
    }

    /** The rises behind which the counter never came back to what it was before: one for each that is in use at the end. */
    private static List<PoolHistory.Point> kept(List<PoolHistory.Point> curve) {
        List<PoolHistory.Point> kept = new ArrayList<>();
        long least = Long.MAX_VALUE;
        for (int i = curve.size() - 1; i > 0; i--) {
            least = Math.min(least, curve.get(i).value());
            if (curve.get(i).value() > curve.get(i - 1).value() && least > curve.get(i - 1).value()) {
                kept.addFirst(curve.get(i));
            }
        }
        return kept;
    }

    /** What changed the counter: the curve has the place behind it. */
    private Event event(PoolHistory.Point point) {
        scene.timeline().goTo(Moment.at(point.position()));
        scene.timeline().stepBack();
        return scene.event(scene.machine().cpuOnTurn().number());
    }

    private static List<PoolHistory.Keeper> keepers(List<Event> kept) {
        TreeMap<String, Integer> counts = new TreeMap<>();
        kept.forEach(event -> counts.merge(event.by().task().orElse("CPU " + event.by().cpu()), 1, Integer::sum));
        return counts.entrySet().stream().map(entry -> new PoolHistory.Keeper(entry.getKey(), entry.getValue()))
                .sorted((a, b) -> Integer.compare(b.count(), a.count())).toList();
    }
}
