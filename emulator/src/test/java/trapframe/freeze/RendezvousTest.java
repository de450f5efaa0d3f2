package trapframe.freeze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits of a freeze cannot be interrupted: a test that hangs is left behind by its thread, and fails. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RendezvousTest {
    private final Rendezvous rendezvous = new Rendezvous();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();

    private interface Body {
        void run() throws InterruptedException;
    }

    private Thread start(Body body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
        threads.add(thread);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @AfterEach
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void endThreads() throws InterruptedException {
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failure).hasValue(null);
    }

    private boolean freezerWaits() {
        rendezvous.lock.lock();
        try {
            return rendezvous.lock.hasWaiters(rendezvous.changed);
        } finally {
            rendezvous.lock.unlock();
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void withoutPartiesTheCaptureRunsAtOnce() {
        assertThat(rendezvous.freeze(() -> 5)).isEqualTo(5);
    }

    @Test
    void whoIsOutsideCountsAsParkedAndDoesNotEnterBeforeTheThaw() throws InterruptedException {
        Party reader = rendezvous.join("reader", Party.Kind.WORKER);
        SynchronousQueue<String> source = new SynchronousQueue<>();
        AtomicReference<String> received = new AtomicReference<>();
        CountDownLatch hasRead = new CountDownLatch(1);
        Thread thread = start(() -> {
            String text = source.take();
            hasRead.countDown();
            reader.enter();
            received.set(text);
            reader.exit();
        });

        rendezvous.freeze(() -> {
            try {
                source.put("text");
                hasRead.await();
                await(() -> thread.getState() == Thread.State.WAITING);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(received).hasValue(null);
            return null;
        });

        thread.join();
        assertThat(received).hasValue("text");
    }

    @Test
    void processorsParkBeforeWorkersAreCalled() throws InterruptedException {
        Party processors = rendezvous.join("processors", Party.Kind.PROCESSORS);
        Party worker = rendezvous.join("worker", Party.Kind.WORKER);
        CountDownLatch bothInside = new CountDownLatch(2);
        CountDownLatch ordered = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        AtomicInteger instructions = new AtomicInteger();
        start(() -> {
            worker.enter();
            bothInside.countDown();
            ordered.await();
            worker.boundary();
            done.countDown();
            worker.exit();
        });
        start(() -> {
            processors.enter();
            bothInside.countDown();
            await(this::freezerWaits);
            // In the middle of an instruction: the worker is to go on until the processors stand still.
            ordered.countDown();
            done.await();
            instructions.incrementAndGet();
            processors.exit();
        });
        bothInside.await();
        assertThat(rendezvous.freeze(instructions::get)).isEqualTo(1);
    }

    @Test
    void aLateParkerIsWaitedFor() throws InterruptedException {
        Party late = rendezvous.join("late", Party.Kind.WORKER);
        Party early = rendezvous.join("early", Party.Kind.WORKER);
        CountDownLatch inside = new CountDownLatch(2);
        CountDownLatch mayPark = new CountDownLatch(1);
        AtomicInteger steps = new AtomicInteger();
        start(() -> {
            early.enter();
            inside.countDown();
            while (!stop.get()) {
                early.boundary();
            }
            early.exit();
        });
        start(() -> {
            late.enter();
            inside.countDown();
            mayPark.await();
            steps.incrementAndGet();
            late.boundary();
            steps.incrementAndGet();
            late.exit();
        });
        inside.await();
        AtomicInteger seen = new AtomicInteger(-1);
        Thread freezer = start(() -> seen.set(rendezvous.freeze(steps::get)));
        await(() -> freezer.getState() == Thread.State.WAITING);
        assertThat(seen).hasValue(-1);
        mayPark.countDown();
        freezer.join();
        assertThat(seen).hasValue(1);
    }

    @Test
    void aWorkerThatEndsInsteadOfParkingIsDropped() throws InterruptedException {
        Party dying = rendezvous.join("dying", Party.Kind.WORKER);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch mayDie = new CountDownLatch(1);
        start(() -> {
            dying.enter();
            inside.countDown();
            mayDie.await();
            dying.end();
        });
        inside.await();
        AtomicReference<String> captured = new AtomicReference<>();
        Thread freezer = start(() -> captured.set(rendezvous.freeze(() -> "captured")));
        await(() -> freezer.getState() == Thread.State.WAITING);
        assertThat(captured).hasValue(null);
        mayDie.countDown();
        freezer.join();
        assertThat(captured).hasValue("captured");
        assertThat(rendezvous.freeze(() -> "again")).isEqualTo("again");
    }

    @Test
    void aWorkerThatParksAndEndsBeforeAnyoneLooksIsCountedOnceAndTheOthersAreWaitedFor() throws InterruptedException {
        Party dying = rendezvous.join("dying", Party.Kind.WORKER);
        Party other = rendezvous.join("other", Party.Kind.WORKER);
        CountDownLatch inside = new CountDownLatch(2);
        CountDownLatch mayPark = new CountDownLatch(1);
        CountDownLatch dead = new CountDownLatch(1);
        AtomicBoolean parked = new AtomicBoolean();
        start(() -> {
            dying.enter();
            inside.countDown();
            await(this::freezerWaits);
            rendezvous.lock.lock();
            try {
                // The freezer sees both at once, at its second look.
                dying.exit();
                dying.end();
            } finally {
                rendezvous.lock.unlock();
            }
            dead.countDown();
        });
        start(() -> {
            other.enter();
            inside.countDown();
            mayPark.await();
            parked.set(true);
            other.exit();
        });
        AtomicReference<Boolean> parkedAtCapture = new AtomicReference<>();
        inside.await();
        Thread freezer = start(() -> parkedAtCapture.set(rendezvous.freeze(parked::get)));
        dead.await();
        await(() -> freezerWaits() || parkedAtCapture.get() != null);
        mayPark.countDown();
        freezer.join();
        assertThat(parkedAtCapture).hasValue(true);
    }

    @Test
    void aPartyThatJoinsInAFreezeStaysOutside() throws InterruptedException {
        AtomicBoolean entered = new AtomicBoolean();
        Thread thread = rendezvous.freeze(() -> {
            Party guest = rendezvous.join("guest", Party.Kind.WORKER);
            Thread started = start(() -> {
                guest.enter();
                entered.set(true);
                guest.exit();
            });
            await(() -> started.getState() == Thread.State.WAITING);
            assertThat(entered).isFalse();
            return started;
        });
        thread.join();
        assertThat(entered).isTrue();
    }

    @Test
    void aCaptureThatFailsThawsAsWell() {
        Party party = rendezvous.join("party", Party.Kind.PROCESSORS);
        assertThatThrownBy(() -> rendezvous.freeze(() -> {
            throw new UnsupportedOperationException("on purpose");
        })).isInstanceOf(UnsupportedOperationException.class);
        party.enter();
        party.boundary();
        party.exit();
    }

    @Test
    void aFreezeInACaptureIsPartOfIt() {
        assertThat(rendezvous.freeze(() -> rendezvous.freeze(() -> 3) + 1)).isEqualTo(4);
    }

    @Test
    void whoWouldWaitForItselfIsTold() {
        Party party = rendezvous.join("the machine", Party.Kind.PROCESSORS);
        party.enter();
        assertThatThrownBy(() -> rendezvous.freeze(() -> null)).isInstanceOf(IllegalStateException.class);
        party.enter();
        party.exit();
        assertThatThrownBy(() -> rendezvous.freeze(() -> null)).as("still inside").isInstanceOf(IllegalStateException.class);
        party.exit();
        assertThatThrownBy(() -> rendezvous.freeze(() -> {
            party.enter();
            return null;
        })).hasMessage("the machine cannot go on in a freeze");
        party.enter();
        party.exit();
        party.end();
        assertThatThrownBy(party::enter).hasMessage("the machine has ended");
    }

    /** Processors, workers that come and go, and two threads that freeze: in a capture nothing moves. */
    @Test
    void tenThousandFreezesOfThreadsThatParkLateGoOutsideAndDie() throws InterruptedException {
        AtomicInteger moving = new AtomicInteger();
        Party processors = rendezvous.join("processors", Party.Kind.PROCESSORS);
        start(() -> {
            while (!stop.get()) {
                processors.enter();
                for (int i = 0; i < 100; i++) {
                    move(moving, i % 10 == 0);
                    processors.boundary();
                }
                processors.exit();
            }
        });
        for (int number = 0; number < 2; number++) {
            Random random = new Random(number);
            start(() -> {
                while (!stop.get()) {
                    Party worker = rendezvous.join("worker", Party.Kind.WORKER);
                    int jobs = random.nextInt(20);
                    for (int i = 0; i < jobs; i++) {
                        worker.enter();
                        move(moving, random.nextBoolean());
                        worker.boundary();
                        move(moving, random.nextBoolean());
                        if (i < jobs - 1 || random.nextBoolean()) {
                            worker.exit();
                        }
                    }
                    worker.end();
                }
            });
        }
        Body freezes = () -> {
            for (int i = 0; i < 5_000; i++) {
                rendezvous.freeze(() -> {
                    assertThat(moving).hasValue(0);
                    Thread.yield();
                    assertThat(moving).hasValue(0);
                    return null;
                });
            }
        };
        Thread other = start(freezes);
        freezes.run();
        other.join();
    }

    private static void move(AtomicInteger moving, boolean long_) {
        moving.incrementAndGet();
        if (long_) {
            Thread.yield();
        }
        moving.decrementAndGet();
    }
}
