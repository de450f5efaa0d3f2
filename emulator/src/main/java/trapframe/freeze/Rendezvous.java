package trapframe.freeze;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import trapframe.freeze.ParkAccounting.Attendance;
import trapframe.freeze.ParkAccounting.WorkerDrop;

/**
 * Where everything that moves in a machine comes to stand still, so that a thread can look at the whole of it, and from where it then
 * goes on.
 *
 * <p>The processors park first, at an instruction boundary: one that waits for a worker in the middle of an instruction needs it to
 * move. Then the workers park, each behind what it was doing. The host's clock decides nothing: a freeze waits as long as a party
 * needs to park or to end. Who does not know that anything was frozen notices nothing.
 *
 * <p>All state, the parties' as well, is guarded by one lock. All methods may be called by any thread.
 */
public final class Rendezvous {
    final ReentrantLock lock = new ReentrantLock();
    final Condition changed = lock.newCondition();
    /** Held by who freezes, for as long as that lasts. */
    private final ReentrantLock freezing = new ReentrantLock();
    private final List<Party> parties = new ArrayList<>();
    /** How many kinds of party are called to park, in the order of {@link Party.Kind}. */
    private int calledKinds;
    /** Parks of the kind that gathers now. */
    private int parks;

    /**
     * Adds a party, which is outside at first. If there is a freeze, it will not enter before it ends.
     *
     * @param name for people
     */
    public Party join(String name, Party.Kind kind) {
        lock.lock();
        try {
            parties.removeIf(Party::hasEnded);
            Party party = new Party(this, name, kind, kind.ordinal() < calledKinds);
            parties.add(party);
            return party;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops everything, lets the capture run in this thread, and thaws, also when the capture fails. One freeze follows the other; inside
     * a capture, a freeze is part of the one that there is.
     *
     * @return what the capture returned
     * @throws IllegalStateException if the thread is that of a party which would have to park
     */
    public <T> T freeze(Supplier<T> capture) {
        if (freezing.isHeldByCurrentThread()) {
            return capture.get();
        }
        lock.lock();
        try {
            if (parties.stream().anyMatch(Party::isEnteredByThisThread)) {
                throw new IllegalStateException("a thread that moves the machine cannot wait until it stands still");
            }
        } finally {
            lock.unlock();
        }
        freezing.lock();
        try {
            for (Party.Kind kind : Party.Kind.values()) {
                gather(kind);
            }
            return capture.get();
        } finally {
            thaw();
            freezing.unlock();
        }
    }

    private void gather(Party.Kind kind) {
        lock.lock();
        try {
            calledKinds = kind.ordinal() + 1;
            List<Party> called = parties.stream().filter(party -> party.kind() == kind).toList();
            called.forEach(Party::call);
            List<Attendance> attendance = called.stream().map(Party::attendance).toList();
            int expected = ParkAccounting.expectedParks(attendance);
            parks = ParkAccounting.preSeed(attendance);
            while (!ParkAccounting.rendezvousDone(parks, expected)) {
                called.forEach(Party::firstLook);
                changed.awaitUninterruptibly();
                for (Party party : called) {
                    if (party.secondLook() == WorkerDrop.DROP) {
                        party.drop();
                        expected--;
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void thaw() {
        lock.lock();
        try {
            calledKinds = 0;
            parties.forEach(Party::thaw);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A party parks; for the party, which holds the lock. */
    void announce() {
        parks++;
        changed.signalAll();
    }

    boolean isFreezingThread() {
        return freezing.isHeldByCurrentThread();
    }
}
