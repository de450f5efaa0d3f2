package trapframe.explore;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs schedules on several benches at once. What comes out depends on the schedules alone. */
final class Explorer implements AutoCloseable {
    /** Of many schedules so many are run one after the other on one bench. What is cut off depends on it. */
    private static final int STRETCH = 256;

    private final Subject subject;
    private final BaseRun base;
    private final List<Bench> benches = new ArrayList<>();
    private final List<Bench> others = new ArrayList<>();
    private final List<WatchedBench> watched = new ArrayList<>();
    private final ExecutorService executor;
    private final boolean cuts;
    /** Where {@link #at} was last. */
    private Checkpoint start;

    /**
     * @param jobs how many machines run at once
     * @param cuts whether runs are cut off whose outcome is known
     */
    Explorer(Subject subject, BaseRun base, int jobs, boolean cuts) {
        this.subject = subject;
        this.cuts = cuts;
        this.base = base;
        executor = Executors.newFixedThreadPool(jobs, Thread.ofPlatform().name("explore ", 1).factory());
        for (int i = 0; i < jobs; i++) {
            benches.add(new Bench(subject));
        }
    }

    /** Runs each schedule to an end. Returns what came out, in their order. It is fastest when positions rise slowly. */
    List<Trial> run(List<Schedule> schedules) {
        return run(schedules, schedules.size(), 0, Trials.NONE);
    }

    /**
     * Runs the first ones of some schedules to an end each, but for those that are remembered. What comes out of them does not depend on how many
     * they are.
     *
     * @param most  how many of the schedules are run, at most
     * @param first the number of the first one in the search
     */
    List<Trial> run(List<Schedule> schedules, int most, long first, Trials memory) {
        int stretch = schedules.size() < STRETCH ? 1 : STRETCH;
        boolean cutting = cuts && stretch > 1;
        int count = Math.min(most, schedules.size());
        List<Checkpoint> starts = cutting ? starts(schedules.subList(0, count)) : List.of();
        return share(benches, (count + stretch - 1) / stretch, (bench, k) -> {
            int i = k * stretch;
            int length = Math.min(stretch, count - i);
            return memory.known(first + i, length).orElseGet(() -> {
                List<Trial> came = walk(bench, schedules.subList(i, Math.min(i + stretch, schedules.size())), length, cutting ? starts.get(k) : null);
                memory.keep(first + i, came);
                return came;
            });
        }).stream().flatMap(List::stream).toList();
    }

    /** The run without interrupts where each stretch begins: checkpoints at marks are thousands of times as far away as the next stretch. */
    private List<Checkpoint> starts(List<Schedule> schedules) {
        List<Checkpoint> starts = new ArrayList<>();
        for (int i = 0; i < schedules.size(); i += STRETCH) {
            starts.add(at(schedules.get(i).position()));
        }
        return starts;
    }

    /** The run without interrupts at a position; fastest when positions rise slowly. */
    Checkpoint at(long position) {
        start = benches.getFirst().goTo(position, base, start);
        return start;
    }

    /**
     * @param count how many of the schedules are run, the first ones
     * @param start where the run without interrupts is before the first schedule; null if no run is to be cut off
     */
    private List<Trial> walk(Bench bench, List<Schedule> schedules, int count, Checkpoint start) {
        Walk walk = new Walk(bench, base, base.limit(subject), start);
        List<Trial> came = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            came.add(walk.run(schedules.get(k), k + 1 < schedules.size() ? schedules.get(k + 1) : Schedule.NONE));
        }
        return came;
    }

    /** What one bench does for all. */
    <T> T onOneBench(Function<Bench, T> work) {
        return work.apply(benches.getFirst());
    }

    /**
     * A bench beside those that run schedules, for who looks at runs so closely that it is slow from then on. It does not stop at the place where
     * runs have to come. It is closed with this.
     */
    Bench another() {
        Bench bench = new Bench(subject.withoutPlace());
        others.add(bench);
        return bench;
    }

    /** As many benches as run schedules, whose footprints are measured; closed with this. */
    List<WatchedBench> watched() {
        if (watched.isEmpty()) {
            benches.forEach(bench -> watched.add(new WatchedBench(another(), bench)));
        }
        return watched;
    }

    /**
     * As many benches as run schedules, as {@link #another} has them; closed with this.
     *
     * @param watch puts onto one what looks at its runs
     */
    <T> List<T> others(Function<Bench, T> watch) {
        return benches.stream().map(_ -> watch.apply(another())).toList();
    }

    /**
     * Does pieces of work at once, each worker one after the other.
     *
     * @param workers as many as there are benches
     * @param pieces  how many; the work is given the number of one
     * @return what came of each, in their order
     */
    <T, R> List<R> share(List<T> workers, int pieces, BiFunction<T, Integer, R> work) {
        List<R> came = new ArrayList<>(Collections.nCopies(pieces, null));
        AtomicInteger next = new AtomicInteger();
        onEach(workers, worker -> {
            for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
                came.set(i, work.apply(worker, i));
            }
        });
        return came;
    }

    /** Does something with each of as many as there are benches, at once. */
    <T> void onEach(List<T> some, Consumer<T> work) {
        List<Future<?>> futures = new ArrayList<>();
        some.forEach(one -> futures.add(executor.submit(() -> work.accept(one))));
        for (Future<?> future : futures) {
            try {
                future.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the search was interrupted", e);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            }
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
        benches.forEach(Bench::close);
        others.forEach(Bench::close);
    }
}
