package trapframe.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntConsumer;
import trapframe.bus.LocalInterrupts;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.Engine;
import trapframe.unicorn.EngineCallbacks.Access;
import trapframe.unicorn.TlbAnswer;
import trapframe.unicorn.TlbWindows;

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
        /** A store to a code page through a mapping that is not executable: see {@link #allowCodeWrites}. */
        CODE_PAGE,
        /** The run is being cut short after an access; nothing is wrong. */
        CUT_SHORT
    }

    /** Outside of what a guest can reach: a page of all ones, for fetches from addresses that nothing answers. */
    private static final long ALL_ONES_PAGE = 1L << 42;
    /** RAM again, for pages that are watched: accesses come to {@link WatchedMemory}. Who watches is added: one of the next two, or both. */
    static final long WATCHED = 1L << 41;
    /** The guest, with its data breakpoints. */
    static final long BY_GUEST = 1L << 32;
    static final long BY_OBSERVER = 1L << 33;
    /** The registers of the CPU's own local APIC, wherever IA32_APIC_BASE puts them: other CPUs see other ones there. */
    static final long LOCAL_APIC = 1L << Paging.PHYSICAL_ADDRESS_BITS;
    /** Linear addresses that exist only while translated code is being forgotten. */
    private static final long CODE_WINDOW = 0x6000_0000_0000L;
    private static final int A20 = 1 << 20;
    private static final long TLB_WINDOW = 100_000_000;

    /**
     * An accessed flag that a fetch set.
     *
     * @param count the block counter's count when it happened: the block that was fetched starts there
     * @param page  the linear page that was fetched
     * @param before the page-table entry as it was
     */
    private record FetchFlag(long count, long page, PageWalker.TableEntry before) { }

    private final Engine engine;
    private final GuestMemory ram;
    private final PageWalker walker;
    private final SystemTables tables;
    private final DataBreakpoints breakpoints;
    private final LocalInterrupts interrupts;
    private final MemorySegment allOnes =
            Arena.ofAuto().allocate(GuestMemory.PAGE_SIZE, GuestMemory.PAGE_SIZE).fill((byte) -1);
    private final TlbWindows tlbWindows;
    private final CodePages code;
    private final Observer observer;
    /** This CPU's, in {@link #code}. */
    private final int bit;
    /** Pages to which stores are stepped while they are code, whatever their mapping. */
    private final BitSet storesRefused = new BitSet();
    /** The {@link #flushes} at which a page was last entered as writable. */
    private final int[] writableSince;
    private int flushes = 1;
    /** The pages that were entered as writable since the last of the {@link #flushes}. */
    private int[] writable = new int[256];
    private int writableCount;

    /** Hears of entries; null for nobody. */
    private Tracing tracing;
    private boolean observedMapped;
    /** Where the local APIC's registers were at the last fill that could meet them. */
    private long registersPage = LocalInterrupts.NO_PAGE;
    private boolean cuttingShort;
    private boolean forgetting;
    private long a20Mask = -1;
    private Refusal refusal;
    private Access refusedAccess;
    private int refusedErrorCode;
    private long fills;
    /** Whether ring 3's next instruction may read system tables with supervisor rights. */
    private boolean implicitAllowed;
    /** Whether it may also write the stack of the ring that it enters. */
    private boolean innerStackAllowed;
    /** Whether the next instruction may write code pages, and which it did. */
    private boolean codeWritesAllowed;
    private final TlbOrigins origins = new TlbOrigins();
    private final List<FetchFlag> fetchFlags = new ArrayList<>();
    private boolean codeDropped;
    private final List<Integer> writtenCode = new ArrayList<>();

    Translation(Engine engine, SystemBus bus, PageWalker walker, SystemTables tables,
            DataBreakpoints breakpoints, LocalInterrupts interrupts) {
        this.engine = engine;
        this.ram = bus.ram();
        this.code = bus.code();
        this.observer = bus.observer();
        this.walker = walker;
        this.tables = tables;
        this.breakpoints = breakpoints;
        this.interrupts = interrupts;
        bit = code.attach(this);
        writableSince = new int[(int) (ram.size() / GuestMemory.PAGE_SIZE)];
        tlbWindows = engine.tlbWindows(TLB_WINDOW);
        mapPhysical();
    }

    private void mapPhysical() {
        engine.mapRam(0, ram.segment().asSlice(0, GuestMemory.VIDEO_START));
        engine.mapDevices(GuestMemory.VIDEO_START, GuestMemory.VIDEO_END - GuestMemory.VIDEO_START);
        engine.mapRam(GuestMemory.VIDEO_END, ram.segment().asSlice(GuestMemory.VIDEO_END));
        engine.mapDevices(ram.size(), (1L << Paging.PHYSICAL_ADDRESS_BITS) - ram.size());
        engine.mapDevices(LOCAL_APIC, GuestMemory.PAGE_SIZE);
        engine.mapRam(ALL_ONES_PAGE, allOnes);
        engine.mapDevices(WATCHED + BY_GUEST, ram.size());
    }

    boolean fill(long page, Access access, TlbAnswer answer) {
        fills++;
        if (forgetting) {
            answer.set(page - CODE_WINDOW, true, true, true);
            return true;
        }
        tlbWindows.follow(engine.counter().count());
        observer.ignore(true);
        try {
            return walkAndEnter(page, access, answer);
        } finally {
            observer.ignore(false);
        }
    }

    private boolean walkAndEnter(long page, Access access, TlbAnswer answer) {
        refusedAccess = access;
        if (cuttingShort) {
            refusal = Refusal.CUT_SHORT;
            return false;
        }
        boolean implicit = implicitAllowed
                && (tables.touches(page) || innerStackAllowed && access == Access.WRITE);
        PageWalker.Result result = implicit ? walker.walkImplicit(page, access) : walker.walk(page, access);
        if (access == Access.FETCH) {
            noteFetch(page);
        }
        if (result != PageWalker.Result.MAPPED) {
            refusal = result == PageWalker.Result.PAGE_FAULT ? Refusal.PAGE_FAULT : Refusal.NOT_CANONICAL;
            refusedErrorCode = walker.errorCode();
            return false;
        }
        long physical = walker.physical() & a20Mask;
        boolean entered = enter(page, physical, access, answer);
        if (entered && origins.isFollowing()) {
            origins.entered(page, walker.path());
        }
        if (entered && tracing != null) {
            tracing.translated(page, physical);
        }
        return entered;
    }

    /** @param listener hears of entries from now on; null for nobody */
    void tell(Tracing listener) {
        tracing = listener;
    }

    private boolean enter(long page, long physical, Access access, TlbAnswer answer) {
        registersPage = interrupts.registersPage();
        boolean localApic = physical == registersPage;
        if (localApic || !ram.isRam(physical, GuestMemory.PAGE_SIZE)) {
            if (access == Access.FETCH) {
                answer.set(ALL_ONES_PAGE, false, false, true);
            } else {
                answer.set(localApic ? LOCAL_APIC : physical, true, access == Access.WRITE, false);
            }
            return true;
        }
        if (access != Access.FETCH) {
            long watchers = (breakpoints.watches(page) ? BY_GUEST : 0)
                    + (observer.watches(physical, GuestMemory.PAGE_SIZE) ? BY_OBSERVER : 0);
            if (watchers != 0) {
                answer.set(WATCHED + watchers + physical, true, access == Access.WRITE, false);
                return true;
            }
        }
        int number = (int) (physical / GuestMemory.PAGE_SIZE);
        switch (access) {
            case FETCH -> {
                code.fetched(number, bit);
                answer.set(physical, walker.readable(), false, true);
            }
            case READ -> answer.set(physical, true, false, isCode(number) && walker.executable());
            case WRITE -> {
                boolean watched = isCode(number) && walker.executable() && !storesRefused.get(number);
                if (isCode(number) && !watched) {
                    if (!codeWritesAllowed) {
                        refusal = Refusal.CODE_PAGE;
                        return false;
                    }
                    writtenCode.add(number);
                }
                code.stored(number, bit);
                noteWritable(number);
                answer.set(physical, true, true, watched);
            }
        }
        return true;
    }

    private void noteWritable(int number) {
        if (writableSince[number] != flushes) {
            writableSince[number] = flushes;
            if (writableCount == writable.length) {
                writable = Arrays.copyOf(writable, 2 * writableCount);
            }
            writable[writableCount++] = number;
            ram.willBeWritten(number);
        }
    }

    /** Calls for each page that this CPU may store to without asking for it again, and perhaps for some more. */
    void forEachWritable(IntConsumer action) {
        for (int i = 0; i < writableCount; i++) {
            action.accept(writable[i]);
        }
    }

    private void noteFetch(long page) {
        long count = engine.counter().count();
        fetchFlags.removeIf(flag -> flag.count < count);
        for (PageWalker.TableEntry before : walker.takeWrites()) {
            fetchFlags.add(new FetchFlag(count, page, before));
        }
    }

    /**
     * Takes back accessed flags that were set by fetching ahead.
     *
     * @param count where the block starts that fetched
     * @param from  linear address of the first page of it that was not reached
     */
    void undoFetches(long count, long from) {
        boolean undone = false;
        for (int i = fetchFlags.size() - 1; i >= 0; i--) {
            FetchFlag flag = fetchFlags.get(i);
            if (flag.count == count && Long.compareUnsigned(flag.page, from) >= 0) {
                walker.undo(flag.before);
                undone = true;
            }
        }
        fetchFlags.clear();
        if (undone) {
            flush();
        }
    }

    /** Makes stores to the page of a linear address come as {@link Refusal#CODE_PAGE} from now on. */
    void refuseStores(long linear) {
        if (walker.look(linear) == PageWalker.Result.MAPPED && ram.isRam(walker.physical(), 1)) {
            storesRefused.set((int) (walker.physical() / GuestMemory.PAGE_SIZE));
            flush();
        }
    }

    /** Whether translated code was dropped because somebody else wrote to it; asking forgets it. */
    boolean takeCodeDropped() {
        boolean dropped = codeDropped;
        codeDropped = false;
        return dropped;
    }

    private boolean isCode(int number) {
        return code.isCode(number, bit);
    }

    /** A CPU fetches from a page of which it had no code: the next store to it from this one has to come by here again. */
    void endStoresAtFullSpeed(int number) {
        if (writableSince[number] == flushes) {
            flush();
        }
    }

    /**
     * Lets the next instruction write code pages through mappings that are not executable; {@link #dropWrittenCode}
     * must follow. The instruction itself may lie in such a page, so the page cannot become data before it.
     */
    void allowCodeWrites() {
        codeWritesAllowed = true;
    }

    /** Forgets what was translated from the pages that were written: they are data from now on. */
    void dropWrittenCode() {
        codeWritesAllowed = false;
        writtenCode.forEach(this::forget);
        writtenCode.clear();
        flush();
    }

    /** Forgets what was translated from a page that somebody else writes: another CPU, or the host. */
    void dropCode(int number) {
        forget(number);
        codeDropped = true;
        flush();
    }

    private void forget(int number) {
        code.forgotten(number, bit);
        forgetting = true;
        try {
            engine.forgetCode(CODE_WINDOW + (long) number * GuestMemory.PAGE_SIZE, GuestMemory.PAGE_SIZE);
        } finally {
            forgetting = false;
        }
    }

    void flush() {
        flushes++;
        writableCount = 0;
        origins.emptied();
        engine.flushTlb();
        if (tracing != null) {
            tracing.emptied();
        }
    }

    /** Makes every later access of the running block stop it; see {@link Refusal#CUT_SHORT}. */
    void cutShort() {
        cuttingShort = true;
        flush();
    }

    void endCut() {
        cuttingShort = false;
    }

    /**
     * Lets ring 3 read descriptor tables and its TSS with supervisor rights, for one instruction.
     *
     * @param innerStack whether the instruction may push on the stack of an inner ring: a far call
     */
    void allowImplicit(boolean innerStack) {
        implicitAllowed = true;
        innerStackAllowed = innerStack;
        flush();
    }

    void endImplicit() {
        implicitAllowed = false;
        flush();
    }

    boolean isImplicitAllowed() {
        return implicitAllowed;
    }

    /** With the A20 line off, bit 20 of every physical address is zero. */
    void setA20(boolean enabled) {
        long mask = enabled ? -1 : ~A20;
        if (mask != a20Mask) {
            a20Mask = mask;
            flush();
        }
    }

    boolean isA20Enabled() {
        return a20Mask == -1;
    }

    /** Other pages are watched from now on. */
    void watch() {
        if (!observedMapped) {
            engine.mapDevices(WATCHED + BY_OBSERVER, ram.size());
            engine.mapDevices(WATCHED + BY_OBSERVER + BY_GUEST, ram.size());
            observedMapped = true;
        }
        emptyTlb();
    }

    /**
     * All of the guest's state has changed, between two runs; {@link #emptyTlb} or {@link #followTlb} has to follow.
     *
     * @return whether what the TLB has can be right, as far as it does not hang on tables and the processor's registers
     */
    boolean restored(boolean a20Enabled) {
        boolean canBeRight = a20Enabled == isA20Enabled() && registersPage == interrupts.registersPage();
        a20Mask = a20Enabled ? -1 : ~A20;
        fetchFlags.clear();
        codeDropped = false;
        return canBeRight;
    }

    /**
     * Drops what page tables do not say, and remembers from here on what they say.
     *
     * @param canBeRight whether anything in the TLB can be right
     */
    void followTlb(boolean canBeRight) {
        if (canBeRight && origins.isFollowing() && tracing == null) {
            origins.dropWrong(ram, engine::flushTlb);
            forEachWritable(ram::willBeWritten);
        } else {
            flush();
            origins.follow();
        }
    }

    /** Leaves nothing of the TLB, not even its size: what is asked for from now on depends on nothing before. */
    void emptyTlb() {
        origins.end();
        tlbWindows.shrink(this::flush);
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

    /** TLB misses answered since power-on. */
    long fills() {
        return fills;
    }
}
