package trapframe.diagnose.locks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;

/** A stack that kernel code runs on, and what was interrupted on it: a task, as far as it can be known without names. */
public final class Context {
    /** Why the kernel runs above what was there before. */
    public static final class Entry {
        /** The vector; -1 for a system call. */
        private final int vector;
        private final boolean external;
        /** RSP behind the delivery. */
        private final long frame;
        /** Whether its handler let interrupts in again. */
        private boolean opened;

        Entry(int vector, boolean external, long frame) {
            this.vector = vector;
            this.external = external;
            this.frame = frame;
        }

        /** The vector; -1 for a system call by SYSCALL or SYSENTER. */
        public int vector() {
            return vector;
        }

        /** Whether it came from a pin. */
        public boolean external() {
            return external;
        }
    }

    /** The error code that may be below the frame that IRET finds. */
    private static final long ERROR_CODE = 8;

    private final int number;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private final List<Hold> held = new ArrayList<>();
    /** Where it goes on, while another one runs; meaningless otherwise. */
    private long parkedAt;

    Context(int number) {
        this.number = number;
    }

    /** From 1 on, in the order in which they were seen first. */
    public int number() {
        return number;
    }

    /** Interrupts, exceptions and system calls that have not returned, from the outermost on. */
    public List<Entry> entries() {
        return List.copyOf(entries.reversed());
    }

    /** How many interrupts, exceptions and system calls have not returned. */
    public int depth() {
        return entries.size();
    }

    /** The vector of the innermost interrupt from a pin that has not returned and whose handler did not let interrupts in again. */
    public OptionalInt interrupt() {
        for (Entry entry : entries) {
            if (entry.opened) {
                return OptionalInt.empty();
            }
            if (entry.external) {
                return OptionalInt.of(entry.vector);
            }
        }
        return OptionalInt.empty();
    }

    /** Whether an interrupt from a pin came since there were so many entries, and has not returned. */
    boolean isInterruptedSince(int depth) {
        return entries.stream().limit(Math.max(0, entries.size() - depth)).anyMatch(Entry::external);
    }

    /** What is held, in the order in which it was taken. */
    public List<Hold> held() {
        return List.copyOf(held);
    }

    List<Hold> holds() {
        return held;
    }

    long parkedAt() {
        return parkedAt;
    }

    void park(long rsp) {
        parkedAt = rsp;
    }

    void enter(int vector, boolean external, long frame) {
        entries.push(new Entry(vector, external, frame));
    }

    /** The kernel goes back to a program, or comes from one: nothing is below. */
    void clear() {
        entries.clear();
    }

    /** An IRET takes a frame; what is above it on the stack has ended, too. */
    void leave(long frame) {
        boolean known = entries.stream().anyMatch(entry -> isAt(entry, frame));
        while (known) {
            known = !isAt(entries.pop(), frame);
        }
    }

    private static boolean isAt(Entry entry, long frame) {
        return entry.frame == frame || entry.frame + ERROR_CODE == frame;
    }

    /** Interrupts are let in. */
    void open() {
        if (!entries.isEmpty()) {
            entries.peek().opened = true;
        }
    }

    @Override
    public String toString() {
        return "stack " + number;
    }
}
