package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Takes the host's time out of the engine's TLB. The engine shrinks a TLB that was little used for 100 ms of host time,
 * and so decides by the host's speed when a page is asked for again; a guest that changes page tables without
 * invalidating could see that. Here the 100 ms are virtual: a window's start is kept in the future until they are over.
 */
public final class TlbWindows {
    private static final long NOT_OVER = Long.MAX_VALUE / 2;
    private static final long OVER = 0;
    /** CPUTLBDesc.window_begin_ns of the three MMU modes, before the CPU's state. */
    private static final long FIRST = -2144;
    private static final long STEP = 696;
    private static final int MODES = 3;
    /** The first flush counts what was in use before, the second starts a window with nothing, the third shrinks. */
    private static final int ROUNDS_TO_SHRINK = 3;
    private static final long BEFORE_STATE = 4096;

    private final MemorySegment memory;
    private final long length;
    private final long[] started = new long[MODES];

    /** @param length code bytes that stand for the 100 ms */
    TlbWindows(CpuState state, long length) {
        memory = MemorySegment.ofAddress(state.env().address() - BEFORE_STATE).reinterpret(BEFORE_STATE);
        this.length = length;
    }

    /** Whether there are times of the host, in nanoseconds, where the windows should be. */
    boolean areTimes(long earliest, long latest) {
        for (int mode = 0; mode < MODES; mode++) {
            long begin = begin(mode);
            if (begin < earliest || begin > latest) {
                return false;
            }
        }
        return true;
    }

    /** Empties the TLB, and brings it to its smallest size, wherever use and the host's time have brought it so far. */
    public void shrink(Runnable flush) {
        for (int round = 0; round < ROUNDS_TO_SHRINK; round++) {
            for (int mode = 0; mode < MODES; mode++) {
                setBegin(mode, OVER);
            }
            flush.run();
        }
    }

    /** To be called at each TLB miss, of which there is one between any two flushes. */
    public void follow(long position) {
        for (int mode = 0; mode < MODES; mode++) {
            long begin = begin(mode);
            if (begin != NOT_OVER && begin != OVER) {
                started[mode] = position;
                setBegin(mode, NOT_OVER);
            } else if (begin == NOT_OVER && position - started[mode] > length) {
                setBegin(mode, OVER);
            }
        }
    }

    private long begin(int mode) {
        return memory.get(JAVA_LONG, BEFORE_STATE + FIRST + STEP * mode);
    }

    private void setBegin(int mode, long nanos) {
        memory.set(JAVA_LONG, BEFORE_STATE + FIRST + STEP * mode, nanos);
    }
}
