package trapframe.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs schedules on several benches at once. What comes out depends on the schedules alone. */
final class Explorer implements AutoCloseable {
    private final Subject subject;
    private final BaseRun base;
    private final List<Bench> benches = new ArrayList<>();
    private final ExecutorService executor;

    /** @param jobs how many machines run at once */
    Explorer(Subject subject, BaseRun base, int jobs) {
        this.subject = subject;
        this.base = base;
        executor = Executors.newFixedThreadPool(jobs);
        for (int i = 0; i < jobs; i++) {
            benches.add(new Bench(subject));
        }
    }

    /** Runs each schedule to an end. Returns what came out, in their order. */
    List<Trial> run(List<Schedule> schedules) {
        Trial[] trials = new Trial[schedules.size()];
        AtomicInteger next = new AtomicInteger();
        onEachBench(bench -> {
            for (int i = next.getAndIncrement(); i < trials.length; i = next.getAndIncrement()) {
                trials[i] = run(bench, schedules.get(i));
            }
        });
        return Arrays.asList(trials);
    }

    private Trial run(Bench bench, Schedule schedule) {
        bench.restore(base.before(schedule.steps().isEmpty() ? 0 : schedule.steps().getFirst().position()));
        Outcome outcome = bench.run(schedule, base.usual(), base.limit(subject));
        return new Trial(bench.came(), outcome);
    }

    /** What one bench does while others do the same. */
    interface Work {
        void on(Bench bench);
    }

    void onEachBench(Work work) {
        List<Future<?>> futures = new ArrayList<>();
        benches.forEach(bench -> futures.add(executor.submit(() -> work.on(bench))));
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
    }
}
