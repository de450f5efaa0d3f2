package trapframe.device.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DriveWorkerTest {
    @Test
    void doesJobsInTheirOrder() {
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        try (DriveWorker worker = new DriveWorker()) {
            DriveWorker.Job last = null;
            for (int i = 0; i < 1000; i++) {
                int number = i;
                last = worker.submit(() -> done.add(number));
            }
            worker.await(last);
            assertThat(done).isSorted().hasSize(1000);
        }
    }

    @Test
    void closingDoesWhatWasSubmitted() {
        AtomicInteger done = new AtomicInteger();
        DriveWorker worker = new DriveWorker();
        for (int i = 0; i < 100; i++) {
            worker.submit(done::incrementAndGet);
        }
        worker.close();
        assertThat(done).hasValue(100);
        assertThat(worker.isRunning()).isFalse();
    }

    @Test
    void parksBehindTheJobUnderWayAndTouchesNothingUntilThawed() throws InterruptedException {
        Semaphore parked = new Semaphore(0);
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicInteger done = new AtomicInteger();
        try (DriveWorker worker = new DriveWorker(parked::release)) {
            worker.submit(() -> {
                started.countDown();
                awaitLatch(mayEnd);
                done.incrementAndGet();
            });
            DriveWorker.Job second = worker.submit(done::incrementAndGet);
            started.await();
            worker.park();
            assertThat(worker.isParked()).isFalse();
            mayEnd.countDown();
            parked.acquire();
            assertThat(worker.isParked()).isTrue();
            assertThat(done).hasValue(1);
            worker.thaw();
            worker.await(second);
            assertThat(done).hasValue(2);
        }
    }

    @Test
    void whoWaitsWhileItIsParkedDoesTheJobsItself() throws InterruptedException {
        Semaphore parked = new Semaphore(0);
        List<Thread> doers = Collections.synchronizedList(new ArrayList<>());
        try (DriveWorker worker = new DriveWorker(parked::release)) {
            worker.park();
            parked.acquire();
            worker.submit(() -> doers.add(Thread.currentThread()));
            DriveWorker.Job awaited = worker.submit(() -> doers.add(Thread.currentThread()));
            DriveWorker.Job later = worker.submit(() -> doers.add(Thread.currentThread()));
            worker.await(awaited);
            assertThat(doers).containsExactly(Thread.currentThread(), Thread.currentThread());
            assertThat(worker.isParked()).isTrue();
            worker.thaw();
            worker.await(later);
            assertThat(doers).hasSize(3);
        }
    }

    @Test
    void aThreadThatDiedLeavesItsJobsToWhoWaits() {
        DriveWorker worker = new DriveWorker();
        DriveWorker.Job fatal = worker.submit(() -> {
            throw new StackOverflowError("on purpose");
        });
        AtomicInteger done = new AtomicInteger();
        DriveWorker.Job next = worker.submit(done::incrementAndGet);
        assertThatThrownBy(() -> worker.await(fatal)).hasRootCauseMessage("on purpose");
        worker.await(next);
        assertThat(done).hasValue(1);
        while (worker.isRunning()) {
            Thread.onSpinWait();
        }
        worker.park();
        assertThat(worker.isParked()).isFalse();
        worker.close();
    }

    @Test
    void aJobThatFailsTellsWhoWaitsAndTheThreadGoesOn() {
        try (DriveWorker worker = new DriveWorker()) {
            DriveWorker.Job failing = worker.submit(() -> {
                throw new IllegalArgumentException("on purpose");
            });
            assertThatThrownBy(() -> worker.await(failing)).hasRootCauseMessage("on purpose");
            worker.await(worker.submit(() -> { }));
            assertThat(worker.isRunning()).isTrue();
        }
    }

    @Test
    void parksAndThawsTenThousandTimesUnderLoad() throws InterruptedException {
        Semaphore parked = new Semaphore(0);
        AtomicInteger inJob = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        int jobs = 50_000;
        try (DriveWorker worker = new DriveWorker(parked::release)) {
            Thread submitter = new Thread(() -> {
                for (int i = 0; i < jobs; i++) {
                    DriveWorker.Job job = worker.submit(() -> {
                        inJob.incrementAndGet();
                        done.incrementAndGet();
                        inJob.decrementAndGet();
                    });
                    if (i % 50 == 0) {
                        worker.await(job);
                    }
                }
            });
            submitter.start();
            for (int i = 0; i < 10_000; i++) {
                if (!worker.park()) {
                    parked.acquire();
                }
                assertThat(worker.isParked()).isTrue();
                worker.thaw();
            }
            submitter.join();
        }
        assertThat(done).hasValue(jobs);
        assertThat(inJob).hasValue(0);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
