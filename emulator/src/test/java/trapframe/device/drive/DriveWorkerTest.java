package trapframe.device.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import trapframe.freeze.Rendezvous;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DriveWorkerTest {
    private final Rendezvous rendezvous = new Rendezvous();

    @Test
    void doesJobsInTheirOrder() {
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        try (DriveWorker worker = new DriveWorker(rendezvous)) {
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
        DriveWorker worker = new DriveWorker(rendezvous);
        for (int i = 0; i < 100; i++) {
            worker.submit(done::incrementAndGet);
        }
        worker.close();
        assertThat(done).hasValue(100);
    }

    @Test
    void parksBehindTheJobUnderWayAndTouchesNothingUntilThawed() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicInteger done = new AtomicInteger();
        try (DriveWorker worker = new DriveWorker(rendezvous)) {
            worker.submit(() -> {
                started.countDown();
                awaitLatch(mayEnd);
                done.incrementAndGet();
            });
            DriveWorker.Job second = worker.submit(done::incrementAndGet);
            started.await();
            Thread releaser = new Thread(mayEnd::countDown);
            // Whatever becomes of the second job, it is not under way in the capture.
            releaser.start();
            int inCapture = rendezvous.freeze(() -> {
                int before = done.get();
                Thread.yield();
                assertThat(done).hasValue(before);
                return before;
            });
            assertThat(inCapture).isBetween(1, 2);
            worker.await(second);
            assertThat(done).hasValue(2);
            releaser.join();
        }
    }

    @Test
    void whoWaitsInAFreezeDoesTheJobsItself() {
        List<Thread> doers = Collections.synchronizedList(new ArrayList<>());
        try (DriveWorker worker = new DriveWorker(rendezvous)) {
            DriveWorker.Job later = rendezvous.freeze(() -> {
                worker.submit(() -> doers.add(Thread.currentThread()));
                DriveWorker.Job awaited = worker.submit(() -> doers.add(Thread.currentThread()));
                DriveWorker.Job last = worker.submit(() -> doers.add(Thread.currentThread()));
                worker.await(awaited);
                assertThat(doers).containsExactly(Thread.currentThread(), Thread.currentThread());
                return last;
            });
            worker.await(later);
            assertThat(doers).hasSize(3);
        }
    }

    @Test
    void aThreadThatEndsInTheMiddleOfAJobIsNotWaitedFor() throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            DriveWorker worker = new DriveWorker(rendezvous);
            CountDownLatch started = new CountDownLatch(1);
            worker.submit(() -> {
                started.countDown();
                throw new StackOverflowError("on purpose");
            });
            started.await();
            assertThat(rendezvous.freeze(() -> "captured")).isEqualTo("captured");
            worker.close();
        }
    }

    @Test
    void aThreadThatDiedLeavesItsJobsToWhoWaits() {
        DriveWorker worker = new DriveWorker(rendezvous);
        DriveWorker.Job fatal = worker.submit(() -> {
            throw new StackOverflowError("on purpose");
        });
        AtomicInteger done = new AtomicInteger();
        DriveWorker.Job next = worker.submit(done::incrementAndGet);
        assertThatThrownBy(() -> worker.await(fatal)).hasRootCauseMessage("on purpose");
        worker.await(next);
        assertThat(done).hasValue(1);
        assertThat(rendezvous.freeze(() -> "captured")).isEqualTo("captured");
        worker.close();
    }

    @Test
    void aJobThatFailsTellsWhoWaitsAndTheThreadGoesOn() {
        try (DriveWorker worker = new DriveWorker(rendezvous)) {
            DriveWorker.Job failing = worker.submit(() -> {
                throw new IllegalArgumentException("on purpose");
            });
            assertThatThrownBy(() -> worker.await(failing)).hasRootCauseMessage("on purpose");
            worker.await(worker.submit(() -> { }));
        }
    }

    @Test
    void parksAndThawsTenThousandTimesUnderLoad() throws InterruptedException {
        AtomicInteger inJob = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        int jobs = 50_000;
        try (DriveWorker worker = new DriveWorker(rendezvous)) {
            Thread submitter = new Thread(() -> {
                for (int i = 0; i < jobs; i++) {
                    worker.submit(() -> {
                        inJob.incrementAndGet();
                        done.incrementAndGet();
                        inJob.decrementAndGet();
                    });
                }
            });
            submitter.start();
            for (int i = 0; i < 10_000; i++) {
                assertThat(rendezvous.freeze(inJob::get)).isZero();
            }
            submitter.join();
        }
        assertThat(done).hasValue(jobs);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
