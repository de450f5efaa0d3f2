package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/**
 * The engine's code hooks, one for each address at which an instruction is to be reported. The engine's own way to remove a hook looks for
 * the code that was made with it by way of the guest's page tables, and takes seconds; so a hook that is not needed any more waits, with an
 * address that no code has, for the next one: {@code begin} and {@code end} of {@code struct hook} (uc_priv.h).
 */
final class InstructionHooks {
    private static final long BEGIN = 24;
    private static final long END = 32;
    /** Not canonical. */
    private static final long NOWHERE = 1L << 62;
    /** Hooks that nobody needs and that stay where they are, since each change costs all translated code. */
    private static final int MOST_STALE = 16;

    private final LongUnaryOperator adding;
    /** The hooks' addresses in host memory by those of the instructions. */
    private final TreeMap<Long, Long> hooks = new TreeMap<>();
    private final Deque<Long> free = new ArrayDeque<>();

    /** @param adding adds a hook for an address, and returns its address in host memory */
    InstructionHooks(LongUnaryOperator adding) {
        this.adding = adding;
    }

    /**
     * Reports the instructions at these addresses from now on, and perhaps at some others.
     *
     * @param linear in ascending order, none twice
     * @return whether translated code has to be forgotten for that
     */
    boolean set(long[] linear) {
        List<Long> missing = Arrays.stream(linear).boxed().filter(address -> !hooks.containsKey(address)).toList();
        List<Long> stale = hooks.keySet().stream().filter(address -> Arrays.binarySearch(linear, address) < 0).toList();
        if (missing.isEmpty() && stale.size() <= MOST_STALE) {
            return false;
        }
        for (long address : stale) {
            long hook = hooks.get(address);
            if (isFor(hook, address)) {
                hooks.remove(address);
                move(hook, NOWHERE);
                free.push(hook);
            }
        }
        for (long address : missing) {
            if (free.isEmpty()) {
                hooks.put(address, adding.applyAsLong(address));
            } else {
                long hook = free.pop();
                move(hook, address);
                hooks.put(address, hook);
            }
        }
        return true;
    }

    /** Whether there are any, in use or not. */
    boolean any() {
        return !hooks.isEmpty() || !free.isEmpty();
    }

    /** Whether the hook looks as it should: in an engine with other structures all hooks stay. */
    private static boolean isFor(long hook, long address) {
        return HostMemory.ALL.get(JAVA_LONG, hook + BEGIN) == address && HostMemory.ALL.get(JAVA_LONG, hook + END) == address;
    }

    private static void move(long hook, long address) {
        HostMemory.ALL.set(JAVA_LONG, hook + BEGIN, address);
        HostMemory.ALL.set(JAVA_LONG, hook + END, address);
    }
}
