package trapframe.freeze;

import java.util.concurrent.locks.ReentrantLock;
import trapframe.freeze.ParkAccounting.Attendance;
import trapframe.freeze.ParkAccounting.WorkerDrop;

/**
 * Something that moves, and parks when a {@link Rendezvous} calls. What it does to the machine it does between {@link #enter} and
 * {@link #exit}. While it is outside, in a call of the host or waiting for work, it counts as parked, and a freeze keeps it there.
 */
public final class Party {
    /** Which parties park first. */
    public enum Kind {
        /** Runs the processors, in their turns, or changes the machine between two runs. */
        PROCESSORS,
        /** Does the host's part of the work of a device, or brings in what comes from outside. */
        WORKER
    }

    private final Rendezvous rendezvous;
    private final String name;
    private final Kind kind;
    /** Held by the thread that is inside, and as often as it entered. */
    private final ReentrantLock inside = new ReentrantLock();
    /** Read without the lock by who passes {@link #boundary}, where nothing happens most of the time. */
    private volatile boolean called;
    private boolean running = true;
    private boolean moving;

    /** Of the cycle that is under way. */
    private boolean expected;
    private boolean counted;
    private boolean countedAtFirstLook;
    private boolean dropped;

    Party(Rendezvous rendezvous, String name, Kind kind, boolean called) {
        this.rendezvous = rendezvous;
        this.name = name;
        this.kind = kind;
        this.called = called;
    }

    Kind kind() {
        return kind;
    }

    /**
     * Begins to move, once there is no freeze. A thread that is inside may enter again, and has to leave as often.
     *
     * @throws IllegalStateException if another thread is inside, the party has ended, or the thread is the one that freezes
     */
    public void enter() {
        if (!inside.tryLock()) {
            throw new IllegalStateException("two threads use " + name + " at once");
        }
        boolean entered = inside.getHoldCount() > 1;
        if (entered) {
            return;
        }
        rendezvous.lock.lock();
        try {
            if (called && rendezvous.isFreezingThread()) {
                throw new IllegalStateException(name + " cannot go on in a freeze");
            }
            standWhileCalled();
            if (!running) {
                throw new IllegalStateException(name + " has ended");
            }
            moving = true;
            entered = true;
        } finally {
            rendezvous.lock.unlock();
            if (!entered) {
                inside.unlock();
            }
        }
    }

    /** Is outside from now on. */
    public void exit() {
        if (inside.getHoldCount() == 1) {
            rendezvous.lock.lock();
            try {
                park();
            } finally {
                rendezvous.lock.unlock();
            }
        }
        inside.unlock();
    }

    /** Does something as one who moves: between {@link #enter} and {@link #exit}. */
    public void inside(Runnable action) {
        enter();
        try {
            action.run();
        } finally {
            exit();
        }
    }

    /** Where the thread inside parks if it is called to. */
    public void boundary() {
        if (called) {
            rendezvous.lock.lock();
            try {
                park();
                standWhileCalled();
                moving = true;
            } finally {
                rendezvous.lock.unlock();
            }
        }
    }

    /** Will not enter any more: it has ended, or does nothing to the machine before it does. */
    public void end() {
        rendezvous.lock.lock();
        try {
            running = false;
            moving = false;
            rendezvous.changed.signalAll();
        } finally {
            rendezvous.lock.unlock();
        }
    }

    private void park() {
        moving = false;
        if (called && !counted && running) {
            counted = true;
            rendezvous.announce();
        }
    }

    private void standWhileCalled() {
        while (called) {
            rendezvous.changed.awaitUninterruptibly();
        }
    }

    // What follows is for the rendezvous, which holds the lock.

    void call() {
        called = true;
        expected = running;
        counted = !moving;
        dropped = false;
    }

    boolean hasEnded() {
        return !running;
    }

    Attendance attendance() {
        return new Attendance(running, !moving);
    }

    void firstLook() {
        countedAtFirstLook = counted;
    }

    WorkerDrop secondLook() {
        return ParkAccounting.decideWorkerDrop(!running, expected, dropped, countedAtFirstLook, counted);
    }

    void drop() {
        dropped = true;
    }

    void thaw() {
        called = false;
    }

    boolean isEnteredByThisThread() {
        return inside.isHeldByCurrentThread();
    }
}
