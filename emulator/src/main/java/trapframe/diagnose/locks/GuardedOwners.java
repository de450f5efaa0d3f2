package trapframe.diagnose.locks;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.memory.GuestMemory;

/**
 * Finds mutexes that are made of a spinlock and a word beside it: a task writes a pointer to itself there while it holds the spinlock, and clears it
 * while it holds it again. Whoever has the word is the owner, and may sleep. A queue's head looks alike, but is cleared by whoever wakes.
 */
final class GuardedOwners {
    /** Where the word may be, before the spinlock's cell and behind it, in bytes. */
    private static final int BEFORE = 64;
    private static final int BEHIND = 128;
    private static final int PAIRS = 2;
    /** Of words that are not proved to name an owner the latest are remembered. */
    private static final int MOST_UNPROVED = 1024;

    /** A word that may name an owner. */
    private static final class Word {
        final Lock lock;
        /** What each context writes there, by its number. */
        final Map<Integer, Long> owners = new TreeMap<>();
        int pairs;
        boolean disproved;

        Word(Lock lock) {
            this.lock = lock;
        }
    }

    /** What happens to a mutex. */
    interface Changes {
        void owned(Lock mutex, Context context, long owner);

        /** @return whether this context owned it */
        boolean given(Lock mutex, Context context);

        /** It is none, or nobody looks at it any more. */
        void dropped(Lock mutex);
    }

    private final GuestMemory ram;
    private final Changes changes;
    private final Map<Long, Word> words = new TreeMap<>();
    /** The addresses of those that are not proved, the oldest first. */
    private final Deque<Long> unproved = new ArrayDeque<>();
    /** The words around spinlocks that are held, by the spinlock's address. */
    private final Map<Long, long[]> before = new TreeMap<>();
    /** In how many words a context writes which value: of its own task it writes the same into all. */
    private final Map<Integer, Map<Long, TreeSet<Long>>> written = new TreeMap<>();

    GuardedOwners(GuestMemory ram, Changes changes) {
        this.ram = ram;
        this.changes = changes;
    }

    List<Lock> mutexes() {
        return words.values().stream().map(word -> word.lock).toList();
    }

    void taken(Hold hold) {
        before.put(hold.lock().address(), around(hold.lock()));
    }

    void released(Hold hold, Context context) {
        Lock guard = hold.lock();
        long[] old = before.remove(guard.address());
        if (old == null || hold.context() != context) {
            return;
        }
        long first = first(guard);
        long[] now = around(guard);
        for (int i = 0; i < Math.min(old.length, now.length); i++) {
            if (old[i] != now[i]) {
                changed(guard, first + (long) i * Long.BYTES, old[i], now[i], context);
            }
        }
    }

    private void changed(Lock guard, long address, long old, long now, Context context) {
        Word word = words.get(address);
        if (word != null && word.disproved) {
            return;
        }
        if (old == 0 && now < 0 && now % Long.BYTES == 0) {
            if (word == null) {
                word = new Word(new Lock(address, guard.linear() + address - guard.address(), Long.BYTES, Lock.Shape.GUARDED_OWNER, address));
                words.put(address, word);
                unproved.add(address);
                dropOldest();
            }
            Long owner = word.owners.putIfAbsent(context.number(), now);
            word.disproved = owner != null && owner != now;
            written.computeIfAbsent(context.number(), _ -> new TreeMap<>()).computeIfAbsent(now, _ -> new TreeSet<>()).add(address);
            changes.owned(word.lock, context, now);
        } else if (word != null) {
            boolean given = changes.given(word.lock, context);
            word.disproved |= now != 0 || !given;
            word.pairs++;
        }
        if (word != null) {
            judge(word);
        }
    }

    private void dropOldest() {
        while (unproved.size() > MOST_UNPROVED) {
            Word oldest = words.get(unproved.remove());
            if (!oldest.lock.isProved()) {
                words.remove(oldest.lock.address());
                drop(oldest);
            }
        }
    }

    private void drop(Word word) {
        word.owners.forEach((context, owner) -> {
            Map<Long, TreeSet<Long>> values = written.get(context);
            TreeSet<Long> addresses = values == null ? null : values.get(owner);
            if (addresses != null && addresses.remove(word.lock.address()) && addresses.isEmpty()) {
                values.remove(owner);
            }
        });
        word.owners.clear();
        changes.dropped(word.lock);
    }

    private void judge(Word word) {
        if (word.disproved) {
            word.lock.disprove();
            drop(word);
        } else if (word.pairs >= PAIRS && !word.lock.isProved() && isNamed(word)) {
            word.lock.countReleased(true, false);
        }
    }

    /** Whether several tasks write each its own value, or one writes the same into several words: it is the task's name. */
    private boolean isNamed(Word word) {
        return new TreeSet<>(word.owners.values()).size() > 1
                || word.owners.entrySet().stream().anyMatch(owner -> written.get(owner.getKey()).get(owner.getValue()).size() > 1);
    }

    private static long first(Lock lock) {
        long page = lock.address() & -(long) GuestMemory.PAGE_SIZE;
        return Math.max(page, (lock.address() & -Long.BYTES) - BEFORE);
    }

    private long[] around(Lock lock) {
        long first = first(lock);
        long end = Math.min((lock.address() & -(long) GuestMemory.PAGE_SIZE) + GuestMemory.PAGE_SIZE, (lock.address() & -Long.BYTES) + BEHIND);
        long[] values = new long[(int) ((end - first) / Long.BYTES)];
        for (int i = 0; i < values.length; i++) {
            values[i] = ram.getLong(first + (long) i * Long.BYTES);
        }
        return values;
    }
}
