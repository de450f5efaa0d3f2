package trapframe.device.drive;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import trapframe.freeze.Party;
import trapframe.freeze.Rendezvous;

/**
 * The thread that reads and writes the files of a machine's drives, one job after the other in the order of their submission.
 *
 * <p>It is a party of the machine's freezes: it parks behind the job under way. Whoever waits for a job that the thread has not begun
 * does the jobs up to that one itself, so that a wait always ends, also in a freeze or when the thread has died. All methods may be
 * called by any thread.
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
    private final Party party;
    private final Thread thread;
    /** Whether some thread does a job now. */
    private boolean busy;
    private boolean stopping;
    private boolean ended;

    /** @param rendezvous of the machine whose drives they are */
    public DriveWorker(Rendezvous rendezvous) {
        party = rendezvous.join("the drives' thread", Party.Kind.WORKER);
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
                if (!busy) {
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

    /** Does what was submitted, and ends the thread. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
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
        try {
            while (awaitWork()) {
                party.enter();
                try {
                    doFirstIfAny();
                } finally {
                    party.exit();
                }
            }
        } finally {
            party.end();
            lock.lock();
            try {
                ended = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Waits for a job that nobody does yet; false if the thread should end instead. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (busy || jobs.isEmpty()) {
                if (stopping && jobs.isEmpty()) {
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whoever waits for a job may have done it in the meantime. */
    private void doFirstIfAny() {
        lock.lock();
        try {
            if (!busy && !jobs.isEmpty()) {
                doFirst();
            }
        } finally {
            lock.unlock();
        }
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
