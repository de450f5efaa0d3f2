package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.x86.Encoding;

/** What is held and waited for at the moment; it ends by stores to the locks' cells, which it has itself told of. */
final class HeldLocks {
    /** So many cells that may turn out to be no locks are looked at at a time. */
    private static final int MOST_UNPROVED = 8;
    /** Where most locks that somebody had to wait for have the mark of their holder. */
    private static final int MARK = 0xff;

    /**
     * Somebody waits for a lock.
     *
     * @param depth  of what was interrupted below
     * @param ticket the number drawn, -1 if the lock has none
     * @param site   of the instruction that tried
     */
    private record Waiting(Lock lock, Context context, int depth, int cpu, long ticket, long site) { }

    private final Machine machine;
    private final Cells cells;
    private final LockListener listener;
    private final GuardedOwners owners;
    private final List<Hold> held = new ArrayList<>();
    /** By the number of the context. */
    private final Map<Integer, Waiting> waiting = new TreeMap<>();
    /** The CPU that released a spinlock last, and where. */
    private Cpu releasing;
    private long releasedAt;
    private long[] watched = {};

    HeldLocks(Machine machine, Cells cells, LockListener listener) {
        this.machine = machine;
        this.cells = cells;
        this.listener = listener;
        owners = new GuardedOwners(cells.ram(), new GuardedOwners.Changes() {
            @Override
            public void owned(Lock mutex, Context context, long owner) {
                own(mutex, context, owner);
            }

            @Override
            public boolean given(Lock mutex, Context context) {
                return give(mutex, context);
            }

            @Override
            public void dropped(Lock mutex) {
                forget(mutex);
            }
        });
        machine.witnessStores(watched);
    }

    /** The mutexes that are made of a spinlock and a word beside it. */
    List<Lock> mutexes() {
        return owners.mutexes();
    }

    boolean waitsFor(Context context, Lock lock) {
        Waiting mine = waiting.get(context.number());
        return mine != null && mine.lock == lock;
    }

    private boolean isHeld(Lock lock) {
        return held.stream().anyMatch(hold -> hold.lock() == lock);
    }

    /** An attempt finds a lock taken. */
    void refuse(Cpu cpu, Context context, Lock lock, Attempt attempt, long ticket) {
        if (!waitsFor(context, lock)) {
            waiting.put(context.number(), new Waiting(lock, context, context.depth(), cpu.number(), ticket, attempt.site()));
            listener.refused(cpu, context, lock, attempt.position());
            watch();
        }
    }

    /** An attempt takes a lock; of a ticket lock the value is the ticket. */
    void take(Cpu cpu, Context context, Lock lock, Attempt attempt, long value) {
        Waiting mine = waiting.get(context.number());
        // Who takes another lock than the one that was refused only tried to have that one.
        if (mine != null && (mine.lock == lock || mine.ticket < 0 && mine.depth == context.depth())) {
            waiting.remove(context.number());
        }
        take(cpu, lock, new Hold(lock, context, cpu.number(), attempt.behind(), attempt.site(), value, attempt.position()));
    }

    private void take(Cpu cpu, Lock lock, Hold hold) {
        if (lock.isHopeless()) {
            return;
        }
        forget(lock);
        if (!lock.isProved() && lock.shape() != Lock.Shape.GUARDED_OWNER) {
            List<Hold> unproved = held.stream().filter(each -> !each.lock().isProved()).toList();
            if (unproved.size() >= MOST_UNPROVED) {
                forget(unproved.getFirst());
            }
        }
        lock.countTaken();
        listener.taken(cpu, hold.context(), hold);
        hold.context().holds().add(hold);
        held.add(hold);
        if (lock.isProved() && lock.isSpinlock()) {
            owners.taken(hold);
        }
        watch();
    }

    /** A context has become the owner of a mutex, which is noticed where it releases the mutex's spinlock. */
    private void own(Lock mutex, Context context, long owner) {
        take(releasing, mutex, new Hold(mutex, context, releasing.number(), releasedAt, releasing.state().linearRip(), owner, releasedAt));
    }

    private boolean give(Lock mutex, Context context) {
        Optional<Hold> mine = context.holds().stream().filter(hold -> hold.lock() == mutex).findFirst();
        mine.ifPresentOrElse(hold -> {
            remove(hold);
            listener.released(releasing, context, hold, releasedAt);
        }, () -> forget(mutex));
        return mine.isPresent();
    }

    /** If a lock seems to be held, its end was missed. */
    void forget(Lock lock) {
        held.stream().filter(hold -> hold.lock() == lock).findFirst().ifPresent(this::forget);
    }

    private void forget(Hold hold) {
        remove(hold);
        hold.lock().countAbandoned();
        listener.forgotten(hold);
    }

    private void remove(Hold hold) {
        held.remove(hold);
        hold.context().holds().remove(hold);
        watch();
    }

    /** A stack is about to be left: what is not proved to be a lock, or is free without anybody having seen how, is not held. */
    void settle(Context context) {
        for (Hold hold : List.copyOf(context.holds())) {
            if (!hold.lock().mayBeSleptWith() && !hold.lock().isProved() || isFree(hold)) {
                forget(hold);
            }
        }
    }

    private boolean isFree(Hold hold) {
        Lock lock = hold.lock();
        return ends(hold, cells.read(lock.serving(), lock.width()));
    }

    /** Whether a hold is over when there is a number in the cell. */
    private static boolean ends(Hold hold, long now) {
        return hold.lock().shape() == Lock.Shape.TICKET ? now != hold.value() : (now & Cells.lockedBytes(hold.value())) == 0;
    }

    private static boolean isStoredTo(Lock lock, long physical, int width) {
        return lock.shape() != Lock.Shape.GUARDED_OWNER && physical < lock.serving() + lock.width() && lock.serving() < physical + width;
    }

    /** Bytes are about to be stored to. */
    void stored(Cpu cpu, Context context, long position, long linear, long physical, int width, long value) {
        for (Hold hold : List.copyOf(held)) {
            if (isStoredTo(hold.lock(), physical, width) && position != hold.position()) {
                long now = cells.overlay(hold.lock().serving(), hold.lock().width(), physical, width, value);
                if (ends(hold, now)) {
                    end(cpu, context, hold, now, position, linear);
                }
            }
        }
        Waiting mine = waiting.get(context.number());
        if (mine != null && mine.ticket < 0 && isStoredTo(mine.lock, physical, width) && !isHeld(mine.lock)) {
            inherit(cpu, mine, cells.overlay(mine.lock.serving(), mine.lock.width(), physical, width, value), position);
        }
    }

    private void end(Cpu cpu, Context context, Hold hold, long now, long position, long linear) {
        boolean ticket = hold.lock().shape() == Lock.Shape.TICKET;
        if (ticket && now != Cells.next(hold.value(), hold.lock().width())) {
            hold.lock().disprove();
            forget(hold);
            return;
        }
        boolean interlocked = CodeInstruction.decode(cpu.look(linear, Encoding.MAX_LENGTH), 0, linear)
                .filter(each -> each.kind() == CodeInstruction.Kind.INTERLOCKED && each.isPrefixed()).isPresent();
        remove(hold);
        hold.lock().countReleased(context == hold.context() || hold.isCarried(), interlocked);
        listener.released(cpu, context, hold, position);
        releasing = cpu;
        releasedAt = position;
        owners.released(hold, context);
        if (ticket) {
            grant(hold.lock(), now, position);
        }
    }

    /** A CPU that waited for a lock which is free stores the mark of its holder. */
    private void inherit(Cpu cpu, Waiting mine, long now, long position) {
        if ((now & MARK) != 0) {
            waiting.remove(mine.context.number());
            take(cpu, mine.lock, new Hold(mine.lock, mine.context, cpu.number(), position, mine.site, now & MARK, position));
        }
    }

    /** The next number of a ticket lock is served. */
    private void grant(Lock lock, long ticket, long position) {
        for (Waiting each : List.copyOf(waiting.values())) {
            if (each.lock == lock && each.ticket == ticket) {
                waiting.remove(each.context.number());
                take(machine.cpus().get(each.cpu), lock, new Hold(lock, each.context, each.cpu, position, each.site, ticket, position));
            }
        }
    }

    /** Has stores told to what is held or waited for. */
    private void watch() {
        TreeSet<Long> words = new TreeSet<>();
        for (Hold hold : held) {
            if (hold.lock().shape() != Lock.Shape.GUARDED_OWNER) {
                words.add(hold.lock().serving() & -Long.BYTES);
            }
        }
        waiting.values().forEach(each -> words.add(each.lock.serving() & -Long.BYTES));
        long[] wanted = words.stream().mapToLong(Long::longValue).toArray();
        if (!Arrays.equals(wanted, watched)) {
            watched = wanted;
            machine.witnessStores(wanted);
        }
    }
}
