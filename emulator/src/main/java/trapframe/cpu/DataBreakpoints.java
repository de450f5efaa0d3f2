package trapframe.cpu;

import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/**
 * Data breakpoints of the debug registers (SDM vol. 3B, section 17.2). The engine knows none. Pages that hold one are
 * entered in its TLB as a device, so that every access comes by here in a single step.
 */
final class DataBreakpoints {
    private static final int COUNT = 4;
    private static final int TYPE_EXECUTE = 0;
    private static final int TYPE_WRITE = 1;
    private static final int TYPE_ACCESS = 3;

    private final CpuState state;
    private int hits;

    DataBreakpoints(CpuState state) {
        this.state = state;
    }

    /** Whether an enabled breakpoint lies in a page of linear addresses. */
    boolean watches(long page) {
        if ((state.debug(7) & 0xff) == 0) {
            return false;
        }
        for (int i = 0; i < COUNT; i++) {
            if (isEnabled(i) && ((state.debug(i) ^ page) & -GuestMemory.PAGE_SIZE) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether an enabled instruction breakpoint is at an address; the engine reports those by itself. */
    boolean stopsAt(long linear) {
        for (int i = 0; i < COUNT; i++) {
            if ((state.debug(7) >>> 2 * i & 3) != 0 && type(i) == TYPE_EXECUTE && state.debug(i) == linear) {
                return true;
            }
        }
        return false;
    }

    /** The bits of DR6 for the breakpoints that were hit; asking forgets them. */
    int takeHits() {
        int taken = hits;
        hits = 0;
        return taken;
    }

    /** The hits that nobody took yet. */
    int hits() {
        return hits;
    }

    void setHits(int newHits) {
        hits = newHits;
    }

    boolean hasHits() {
        return hits != 0;
    }

    /** An access to a page that holds a breakpoint; only the offset in the page is known here. */
    void note(long physical, int width, boolean write) {
        long offset = physical & GuestMemory.PAGE_SIZE - 1;
        for (int i = 0; i < COUNT; i++) {
            long length = length(i);
            long start = state.debug(i) & GuestMemory.PAGE_SIZE - 1 & -length;
            boolean matches = write || type(i) == TYPE_ACCESS;
            if (isEnabled(i) && matches && offset < start + length && start < offset + width) {
                hits |= 1 << i;
            }
        }
    }

    private boolean isEnabled(int index) {
        return (state.debug(7) >>> 2 * index & 3) != 0 && (type(index) == TYPE_WRITE || type(index) == TYPE_ACCESS);
    }

    private int type(int index) {
        return (int) (state.debug(7) >>> 16 + 4 * index & 3);
    }

    private long length(int index) {
        int code = (int) (state.debug(7) >>> 18 + 4 * index & 3);
        return code == 2 ? 8 : code + 1;
    }
}
