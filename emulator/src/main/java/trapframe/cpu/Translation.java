package trapframe.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.EngineCallbacks.Access;
import trapframe.unicorn.TlbAnswer;

/**
 * Answers the engine's TLB misses, and keeps translated code right.
 *
 * <p>A physical page is either <em>code</em> (something was fetched from it) or <em>data</em>. A code page is only
 * ever entered as executable, which makes the engine watch stores to it; a data page never is, so its stores run at
 * full speed, whatever the guest's own page tables say. A fetch turns a page into code. A store through a mapping that
 * is not executable turns it back: what was translated from it is forgotten.
 */
final class Translation {
    /** Why the last fill was refused. */
    enum Refusal {
        PAGE_FAULT,
        NOT_CANONICAL,
        /** A store to a code page through a mapping that is not executable: see {@link #allowCodeWrite}. */
        CODE_PAGE,
        /** The run is being cut short after an access; nothing is wrong. */
        CUT_SHORT
    }

    /** Outside of what a guest can reach: a page of all ones, for fetches from addresses that nothing answers. */
    private static final long ALL_ONES_PAGE = 1L << 42;
    /** Linear addresses that exist only while translated code is being forgotten. */
    private static final long CODE_WINDOW = 0x6000_0000_0000L;
    private static final int A20 = 1 << 20;
    private static final byte CODE = 1;

    private final Engine engine;
    private final CpuState state;
    private final GuestMemory ram;
    private final PageWalker walker;
    private final MemorySegment allOnes =
            Arena.ofAuto().allocate(GuestMemory.PAGE_SIZE, GuestMemory.PAGE_SIZE).fill((byte) -1);
    private final byte[] pages;
    /** The {@link #flushes} at which a page was last entered as writable. */
    private final int[] writableSince;
    private int flushes = 1;

    private boolean cuttingShort;
    private boolean forgetting;
    private long a20Mask = -1;
    private Refusal refusal;
    private Access refusedAccess;
    private int refusedErrorCode;
    private long refusedPhysical;
    private long fills;
    /** A page that ring 3's next instruction may read with supervisor rights, or -1. */
    private long implicitPage = -1;
    /** The code page that the next instruction may write, or -1. */
    private int writtenCode = -1;

    Translation(Engine engine, GuestMemory ram, PageWalker walker) {
        this.engine = engine;
        this.state = engine.state();
        this.ram = ram;
        this.walker = walker;
        pages = new byte[(int) (ram.size() / GuestMemory.PAGE_SIZE)];
        writableSince = new int[pages.length];
        mapPhysical();
    }

    private void mapPhysical() {
        engine.mapRam(0, ram.segment().asSlice(0, GuestMemory.VIDEO_START));
        engine.mapDevices(GuestMemory.VIDEO_START, GuestMemory.VIDEO_END - GuestMemory.VIDEO_START);
        engine.mapRam(GuestMemory.VIDEO_END, ram.segment().asSlice(GuestMemory.VIDEO_END));
        engine.mapDevices(ram.size(), (1L << PageWalker.PHYSICAL_ADDRESS_BITS) - ram.size());
        engine.mapRam(ALL_ONES_PAGE, allOnes);
    }

    boolean fill(long page, Access access, TlbAnswer answer) {
        fills++;
        if (forgetting) {
            answer.set(page - CODE_WINDOW, true, true, true);
            return true;
        }
        refusedAccess = access;
        if (cuttingShort) {
            refusal = Refusal.CUT_SHORT;
            return false;
        }
        PageWalker.Access kind = switch (access) {
            case READ -> PageWalker.Access.READ;
            case WRITE -> PageWalker.Access.WRITE;
            case FETCH -> PageWalker.Access.FETCH;
        };
        PageWalker.Result result = page == implicitPage ? walker.walkImplicit(page, kind) : walker.walk(page, kind);
        if (result != PageWalker.Result.MAPPED) {
            refusal = result == PageWalker.Result.PAGE_FAULT ? Refusal.PAGE_FAULT : Refusal.NOT_CANONICAL;
            refusedErrorCode = walker.errorCode();
            return false;
        }
        return enter(walker.physical() & a20Mask, access, answer);
    }

    private boolean enter(long physical, Access access, TlbAnswer answer) {
        if (!ram.isRam(physical, GuestMemory.PAGE_SIZE)) {
            if (access == Access.FETCH) {
                answer.set(ALL_ONES_PAGE, false, false, true);
            } else {
                answer.set(physical, true, true, false);
            }
            return true;
        }
        int number = (int) (physical / GuestMemory.PAGE_SIZE);
        switch (access) {
            case FETCH -> {
                makeCode(number);
                answer.set(physical, walker.readable(), false, true);
            }
            case READ -> answer.set(physical, true, false, isCode(number) && walker.executable());
            case WRITE -> {
                if (isCode(number) && number != writtenCode) {
                    if (!walker.executable()) {
                        refusal = Refusal.CODE_PAGE;
                        refusedPhysical = physical;
                        return false;
                    }
                    answer.set(physical, true, true, true);
                } else {
                    writableSince[number] = flushes;
                    answer.set(physical, true, true, false);
                }
            }
        }
        return true;
    }

    private boolean isCode(int number) {
        return (pages[number] & CODE) != 0;
    }

    private void makeCode(int number) {
        if (!isCode(number)) {
            pages[number] |= CODE;
            if (writableSince[number] == flushes) {
                flush();
            }
        }
    }

    /**
     * Lets the next instruction write the code page that was refused last; {@link #dropWrittenCode} must follow. The
     * instruction itself may lie in that page, so the page cannot become data before it.
     */
    void allowCodeWrite() {
        writtenCode = (int) (refusedPhysical / GuestMemory.PAGE_SIZE);
    }

    /** Forgets what was translated from the page that was written: it is data from now on. */
    void dropWrittenCode() {
        forget(writtenCode);
        writtenCode = -1;
        flush();
    }

    /** Forgets what was translated from bytes that the host wrote. */
    void hostWrote(long address, long length) {
        boolean dropped = false;
        for (long number = address / GuestMemory.PAGE_SIZE;
                length > 0 && number <= (address + length - 1) / GuestMemory.PAGE_SIZE; number++) {
            if (isCode((int) number)) {
                forget((int) number);
                dropped = true;
            }
        }
        if (dropped) {
            flush();
        }
    }

    private void forget(int number) {
        pages[number] &= ~CODE;
        forgetting = true;
        try {
            engine.forgetCode(CODE_WINDOW + (long) number * GuestMemory.PAGE_SIZE, GuestMemory.PAGE_SIZE);
        } finally {
            forgetting = false;
        }
    }

    void flush() {
        flushes++;
        engine.flushTlb();
    }

    /** Makes every later access of the running block stop it; see {@link Refusal#CUT_SHORT}. */
    void cutShort() {
        cuttingShort = true;
        flush();
    }

    void endCut() {
        cuttingShort = false;
    }

    /** Lets ring 3 read one page with supervisor rights; -1 ends that. */
    void allowImplicit(long page) {
        implicitPage = page;
        flush();
    }

    long implicitPage() {
        return implicitPage;
    }

    /** With the A20 line off, bit 20 of every physical address is zero. */
    void setA20(boolean enabled) {
        long mask = enabled ? -1 : ~A20;
        if (mask != a20Mask) {
            a20Mask = mask;
            flush();
        }
    }

    boolean a20() {
        return a20Mask == -1;
    }

    Refusal refusal() {
        return refusal;
    }

    Access refusedAccess() {
        return refusedAccess;
    }

    int refusedErrorCode() {
        return refusedErrorCode;
    }

    /** TLB misses answered since power-on; depends on the engine's own TLB, so only for statistics. */
    long fills() {
        return fills;
    }
}
