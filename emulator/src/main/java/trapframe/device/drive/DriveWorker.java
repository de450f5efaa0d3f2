package trapframe.device.drive;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The thread that reads and writes the files of a machine's drives, one job after the other in the order of their submission.
 *
 * <p>It can be <em>parked</em>, so that nothing touches the files while somebody looks at the machine: {@link #park} asks, the job
 * under way ends, {@link #isParked} tells, {@link #thaw} lets it go on. Whoever waits for a job while the thread is parked or has ended
 * does the jobs up to that one itself, so that a wait always ends. All methods may be called by any thread.
 */
public final class DriveWorker implements AutoCloseable {
    /** Work on files. */
    public static final class Job {
        private final Runnable work;
        private boolean done;
        private Throwable failure;

        private Job(Runnable work) {
            this.work = work;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Job> jobs = new ArrayDeque<>();
    private final Runnable onPark;
    private final Thread thread;
    /** Whether some thread does a job now. */
    private boolean busy;
    private boolean parkAsked;
    private boolean parked;
    private boolean stopping;
    private boolean ended;

    public DriveWorker() {
        this(() -> { });
    }

    /** @param onPark called by the thread each time that it has come to stand still */
    public DriveWorker(Runnable onPark) {
        this.onPark = onPark;
        thread = new Thread(this::run, "drives");
        thread.setDaemon(true);
        // Whoever waits for the job is told.
        thread.setUncaughtExceptionHandler((ended, failure) -> { });
        thread.start();
    }

    /** Adds a job behind all others. */
    public Job submit(Runnable work) {
        Job job = new Job(work);
        lock.lock();
        try {
            jobs.addLast(job);
            changed.signalAll();
            return job;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until a job is done.
     *
     * @throws IllegalStateException if it ended with an exception, which is the cause
     */
    public void await(Job job) {
        lock.lock();
        try {
            while (!job.done) {
                if ((parked || ended) && !busy) {
                    doFirst();
                } else {
                    changed.awaitUninterruptibly();
                }
            }
        } finally {
            lock.unlock();
        }
        if (job.failure != null) {
            throw new IllegalStateException("a job of a drive failed", job.failure);
        }
    }

    /**
     * Asks the thread to park after the job under way.
     *
     * @return whether it stands still already, because it did not see the {@link #thaw} before; it is then not announced once more
     */
    public boolean park() {
        lock.lock();
        try {
            parkAsked = true;
            changed.signalAll();
            return parked;
        } finally {
            lock.unlock();
        }
    }

    /** Lets a parked thread go on, and takes back what {@link #park} asked. */
    public void thaw() {
        lock.lock();
        try {
            parkAsked = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the thread stands still until {@link #thaw}. */
    public boolean isParked() {
        lock.lock();
        try {
            return parked;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the thread runs and is not about to end. One that does not will not park any more. */
    public boolean isRunning() {
        lock.lock();
        try {
            return !stopping && !ended;
        } finally {
            lock.unlock();
        }
    }

    /** Does what was submitted, and ends the thread. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
            parkAsked = false;
            changed.signalAll();
            while (!ended || busy) {
                changed.awaitUninterruptibly();
            }
            while (!jobs.isEmpty()) {
                doFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        lock.lock();
        try {
            while (!stopping || !jobs.isEmpty()) {
                if (parkAsked) {
                    standStill();
                } else if (!jobs.isEmpty() && !busy) {
                    doFirst();
                } else {
                    changed.awaitUninterruptibly();
                }
            }
        } finally {
            ended = true;
            parked = false;
            changed.signalAll();
            lock.unlock();
        }
    }

    private void standStill() {
        parked = true;
        changed.signalAll();
        lock.unlock();
        try {
            onPark.run();
        } finally {
            lock.lock();
        }
        while (parkAsked) {
            changed.awaitUninterruptibly();
        }
        parked = false;
    }

    /** Does the first job, giving the lock up meanwhile. An error is the job's, and the end of the thread that did it. */
    private void doFirst() {
        Job job = jobs.removeFirst();
        busy = true;
        lock.unlock();
        try {
            job.work.run();
        } catch (RuntimeException | Error e) {
            job.failure = e;
            if (e instanceof Error && Thread.currentThread() == thread) {
                throw e;
            }
        } finally {
            lock.lock();
            busy = false;
            job.done = true;
            changed.signalAll();
        }
    }
}
