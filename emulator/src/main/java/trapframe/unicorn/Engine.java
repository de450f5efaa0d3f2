package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;

/**
 * One x86-64 engine: it executes instructions and asks {@link EngineCallbacks} for everything else. It delivers no
 * exception and walks no page table by itself. Used by one thread at a time.
 */
public final class Engine implements AutoCloseable {
    /** Why {@link #run} returned. */
    public enum Exit {
        /** Somebody called {@link #stop}, or the guest executed HLT. */
        STOPPED,
        /** A TLB fill was refused; RIP is at the instruction. */
        REFUSED
    }

    private static final int REG_EFLAGS = 25;
    private static final int REG_MSR = 248;
    private static final int ERR_EXCEPTION = 21;
    private static final int ERR_INSN_INVALID = 10;

    /**
     * Behind each translation the engine goes through its whole TLB to have stores to the new code's page watched
     * again, unless a memory hook covers the code's linear address. Entries that are executable never cease to be
     * watched, so that it is wasted when code is only ever entered as executable ({@link TlbAnswer#set}). A memory hook
     * costs nothing where no physical address is: one from here up turns the search off.
     */
    private static final long BEYOND_PHYSICAL = 1L << 43;

    private final Arena arena = Arena.ofShared();
    private final Upcalls upcalls;
    private final EngineLayout layout;
    private final CpuState state;
    private final MemorySegment uc;
    private final MemorySegment scratch = arena.allocate(64, 16);
    private final VectorRegisters vector = new VectorRegisters(this, scratch);
    private final BlockCounter counter;
    private final InstructionBreakpoints breakpoints;
    private final InstructionHooks instructionHooks;
    private final MemorySegment onInstruction;
    private InstructionRange range;
    private StoreHooks storeHooks;
    private InstructionRange accesses;
    private boolean closed;

    /**
     * Opens an engine, connects the callbacks and checks the engine's layout.
     *
     * @throws EngineException if the engine is not one that Trapframe can drive
     * @throws trapframe.natives.NativeLibraryException if there is no engine, or only one that is too old
     */
    public Engine(EngineCallbacks callbacks) {
        this(callbacks, CpuState::new);
    }

    /** @param view how the engine's state is read; the probe refuses all but the right way */
    Engine(EngineCallbacks callbacks, Function<MemorySegment, CpuState> view) {
        // Before the first handle is made, so that a missing library is not an error of a class's initialisation.
        NativeLibraries.find(Library.UNICORN);
        uc = open();
        upcalls = new Upcalls(this, arena, callbacks);
        control(UnicornLibrary.CTL_CPU_MODEL, UnicornLibrary.CPU_MODEL_HASWELL);
        control(UnicornLibrary.CTL_TLB_TYPE, UnicornLibrary.TLB_VIRTUAL);
        // Without an end address the engine does not walk to one when a run ends, which would overwrite CR2.
        control(UnicornLibrary.CTL_USE_EXITS, 1);
        counter = new BlockCounter(arena, upcalls.of("onBlock", void.class), upcalls.of("onNewBlock", long.class, long.class));
        hook(UnicornLibrary.HOOK_BLOCK, counter.code(), counter.cells());
        hook(UnicornLibrary.HOOK_TLB_FILL, upcalls.of("onTlbFill", boolean.class, long.class, long.class,
                int.class, long.class, long.class));
        hook(UnicornLibrary.HOOK_EDGE_GENERATED, upcalls.of("onTranslated", void.class, long.class,
                long.class, long.class, long.class));
        hook(UnicornLibrary.HOOK_INTR, upcalls.of("onInterrupt", void.class, long.class, int.class,
                long.class));
        hook(UnicornLibrary.HOOK_INSN_INVALID, upcalls.of("onInvalid", boolean.class, long.class,
                long.class));
        hookInstruction(UnicornLibrary.INSN_IN, upcalls.of("onIn", int.class, long.class, int.class, int.class,
                long.class));
        hookInstruction(UnicornLibrary.INSN_OUT, upcalls.of("onOut", void.class, long.class, int.class,
                int.class, int.class, long.class));
        hookInstruction(UnicornLibrary.INSN_SYSCALL, upcalls.simple("onSyscall", void.class));
        hookInstruction(UnicornLibrary.INSN_SYSENTER, upcalls.simple("onSysenter", void.class));
        hookInstruction(UnicornLibrary.INSN_CPUID, upcalls.simple("onCpuid", boolean.class));
        hookInstruction(UnicornLibrary.INSN_RDTSC, upcalls.simple("onRdtsc", boolean.class));
        hookInstruction(UnicornLibrary.INSN_RDTSCP, upcalls.simple("onRdtscp", boolean.class));
        hookRange(UnicornLibrary.HOOK_MEM_FETCH_UNMAPPED, upcalls.of("onFetchUnmapped", boolean.class, long.class, int.class,
                long.class, int.class, long.class, long.class), MemorySegment.NULL, BEYOND_PHYSICAL, -1);
        onInstruction = upcalls.of("onInstruction", void.class, long.class, long.class, int.class, long.class);
        instructionHooks = new InstructionHooks(address ->
                hookRange(UnicornLibrary.HOOK_CODE, onInstruction, MemorySegment.NULL, address, address));
        EngineProbe probe = new EngineProbe(this, arena);
        upcalls.answeredBy(probe);
        try {
            layout = probe.layout(view);
        } catch (EngineException e) {
            close();
            throw e;
        }
        state = layout.state();
        breakpoints = new InstructionBreakpoints(this, state, probe.page(), state.save());
        upcalls.answeredBy(callbacks);
    }

    /** Maps host memory as RAM at a physical address; both must be page-aligned. */
    public void mapRam(long physical, MemorySegment memory) {
        try {
            check("map RAM", (int) UnicornLibrary.MEM_MAP_PTR.invokeExact(uc, physical, memory.byteSize(),
                    UnicornLibrary.PROT_ALL, memory));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    /** Sends loads and stores in a physical range to {@link EngineCallbacks#deviceRead} and {@code deviceWrite}. */
    public void mapDevices(long physical, long length) {
        MemorySegment base = MemorySegment.ofAddress(physical);
        MemorySegment read = upcalls.of("onDeviceRead", long.class, long.class, long.class, int.class,
                long.class);
        MemorySegment write = upcalls.of("onDeviceWrite", void.class, long.class, long.class, int.class,
                long.class, long.class);
        try {
            check("map devices", (int) UnicornLibrary.MMIO_MAP.invokeExact(uc, physical, length, read, base, write,
                    base));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    /** The CPU's registers in place. */
    public CpuState state() {
        return state;
    }

    /** All registers and flags, whatever the guest can see of them, for {@link #restore}. */
    public byte[] save() {
        return state.save();
    }

    /**
     * Takes back what {@link #save} returned, of this engine or another one.
     *
     * @return whether addresses are translated by the same registers as before; if not, the TLB has to be flushed
     */
    public boolean restore(byte[] saved) {
        boolean same = state.translatesAs(saved);
        if (InstructionBreakpoints.any(state.debug(7)) || InstructionBreakpoints.any(CpuState.debug(saved, 7))) {
            changeBreakpoints(() -> breakpoints.load(saved));
        }
        state.restore(saved);
        return same;
    }

    /** Forgets the instruction breakpoints of DR7, which is about to be set in place. Afterwards the TLB has to be flushed. */
    public void forgetBreakpoints() {
        if (InstructionBreakpoints.any(state.debug(7))) {
            byte[] saved = state.save();
            changeBreakpoints(breakpoints::clear);
            state.restore(saved);
        }
    }

    private void changeBreakpoints(Runnable change) {
        EngineCallbacks guests = upcalls.answeredBy(breakpoints);
        flushTlb();
        try {
            change.run();
        } finally {
            upcalls.answeredBy(guests);
        }
    }

    /** Makes the engine's TLB a function of the guest: see {@link TlbWindows}. */
    public TlbWindows tlbWindows(long codeBytes) {
        return new TlbWindows(state, codeBytes);
    }

    /**
     * Sets which features the engine's decoder accepts, as CPUID's leaves 1, 7 and 80000001h report them; instructions
     * of others are undefined.
     */
    public void setFeatures(int leaf1Edx, int leaf1Ecx, int leaf7Ebx, int extendedEdx, int extendedEcx) {
        state.setFeature(0, leaf1Edx);
        state.setFeature(1, leaf1Ecx);
        state.setFeature(2, leaf7Ebx);
        state.setFeature(6, extendedEdx);
        state.setFeature(7, extendedEcx);
        flushCode();
    }

    public BlockCounter counter() {
        return counter;
    }

    /**
     * Has {@link EngineCallbacks#instruction} called before each instruction at these linear addresses, and perhaps at some that were named
     * before: the engine compiles the call into the blocks that have such an instruction. Between two runs.
     *
     * @param linear in ascending order, none twice
     */
    public void reportInstructions(long[] linear) {
        if (instructionHooks.set(linear)) {
            flushCode();
        }
    }

    /**
     * Which instructions of the blocks translated from now on {@link EngineCallbacks#instruction} is called for, besides those of
     * {@link #reportInstructions}: those at linear addresses from the first to the last. A block keeps the calls that it was translated
     * with. Also allowed where a translation is reported.
     *
     * @param last below the first for none
     */
    public void reportTranslated(long first, long last) {
        if (range == null) {
            range = new InstructionRange(hookRange(UnicornLibrary.HOOK_CODE, onInstruction, MemorySegment.NULL, InstructionRange.NOWHERE,
                    InstructionRange.NOWHERE));
        }
        range.set(first, last);
    }

    /** Whether there are other code hooks, so that the engine compares addresses with {@link #reportTranslated}'s range when code runs, too. */
    public boolean comparesRange() {
        return instructionHooks.any();
    }

    /** Whether the last translation was made with calls for just these instructions. */
    public boolean reportedTranslated(long first, long last) {
        return range != null && range.is(first, last);
    }

    /**
     * Has {@link EngineCallbacks#stored} called for stores to some bytes of RAM. Once there are any, every access to memory is slow. Allowed at
     * any time, but for the first call, which forgets all translated code.
     *
     * @param physical addresses of 8 bytes each
     */
    public void reportStores(long[] physical) {
        if (storeHooks == null) {
            MemorySegment callback = upcalls.of("onStore", void.class, long.class, int.class, long.class, int.class, long.class, long.class);
            storeHooks = new StoreHooks(() -> hookRange(UnicornLibrary.HOOK_MEM_WRITE, callback, MemorySegment.NULL, StoreHooks.NOWHERE,
                    StoreHooks.NOWHERE));
            flushCode();
        }
        storeHooks.set(physical);
    }

    /**
     * Has {@link EngineCallbacks#accessed} called for every load and store of RAM, or no longer. Once it was asked for, every access to memory is
     * slow. Between two runs.
     */
    public void reportAccesses(boolean report) {
        if (accesses == null) {
            accesses = new InstructionRange(hookRange(UnicornLibrary.HOOK_MEM_READ | UnicornLibrary.HOOK_MEM_WRITE,
                    upcalls.of("onAccess", void.class, long.class, int.class, long.class, int.class, long.class, long.class), MemorySegment.NULL,
                    InstructionRange.NOWHERE, InstructionRange.NOWHERE));
            flushCode();
        }
        accesses.set(0, report ? BEYOND_PHYSICAL - 1 : -1);
    }

    /**
     * Executes from an offset in CS until something stops it.
     *
     * @throws EngineException on an error of the engine that has no meaning for a guest
     */
    public Exit run(long rip) {
        int error;
        counter.begin();
        try {
            error = (int) UnicornLibrary.EMU_START.invokeExact(uc, rip, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw rethrow(e);
        }
        Throwable failure = upcalls.takeFailure();
        if (failure != null) {
            throw rethrow(failure);
        }
        return switch (error) {
            case 0, ERR_INSN_INVALID -> Exit.STOPPED;
            case ERR_EXCEPTION -> Exit.REFUSED;
            default -> throw new EngineException("the engine stopped with: " + UnicornLibrary.message(error));
        };
    }

    /** Ends the run at the next block, or at the instruction that called back from a device access. */
    public void stop() {
        counter.stopAtNextBlock();
        try {
            int ignored = (int) UnicornLibrary.EMU_STOP.invokeExact(uc);
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    /** The address whose translation was refused when a run ended with {@link Exit#REFUSED}. */
    public long refusedAddress() {
        return layout.refusedAddress();
    }

    /** Forgets all translations of addresses; allowed inside callbacks. */
    public void flushTlb() {
        control(UnicornLibrary.CTL_TLB_FLUSH);
    }

    /** Forgets the translations of the addresses in a page, and perhaps others; between two runs. */
    public void flushTlb(long linear) {
        if (!layout.flushesPages()) {
            flushTlb();
            return;
        }
        try {
            UnicornLibrary.FLUSH_PAGE.invokeExact(layout.cpu(), linear);
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    /** Forgets all translated code. */
    public void flushCode() {
        control(UnicornLibrary.CTL_TB_FLUSH);
    }

    /** Forgets translated code of the bytes that a linear range maps to; asks for a translation to find them. */
    public void forgetCode(long linear, long length) {
        int word = UnicornLibrary.controlWrite(UnicornLibrary.CTL_TB_REMOVE_CACHE, 2);
        try {
            check("forget code", (int) UnicornLibrary.CTL_RANGE.invokeExact(uc, word, linear, linear + length));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    /** RFLAGS with all lazy flags computed. */
    public int rflags() {
        readRegister(REG_EFLAGS);
        return scratch.get(JAVA_INT, 0);
    }

    public void setRflags(int rflags) {
        scratch.set(JAVA_LONG, 0, rflags & 0xffff_ffffL);
        writeRegister(REG_EFLAGS);
    }

    /** The x87 and SSE registers. */
    public VectorRegisters vector() {
        return vector;
    }

    public long msr(int number) {
        scratch.set(JAVA_INT, 0, number);
        accessMsr(() -> readRegister(REG_MSR));
        return scratch.get(JAVA_LONG, 8);
    }

    public void setMsr(int number, long value) {
        scratch.set(JAVA_INT, 0, number);
        scratch.set(JAVA_LONG, 8, value);
        accessMsr(() -> writeRegister(REG_MSR));
    }

    /** The engine reaches MSRs by its own RDMSR and WRMSR, and an interception outside of a run would end the JVM. */
    private void accessMsr(Runnable access) {
        CpuState current = state;
        if (current == null) {
            access.run();
            return;
        }
        int hflags = current.hflags();
        current.setHflags(hflags & ~CpuState.HFLAGS_GUEST);
        access.run();
        current.setHflags(current.hflags() & ~CpuState.HFLAGS_GUEST | hflags & CpuState.HFLAGS_GUEST);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            int ignored = (int) UnicornLibrary.CLOSE.invokeExact(uc);
        } catch (Throwable e) {
            throw rethrow(e);
        }
        arena.close();
    }

    MemorySegment handle() {
        return uc;
    }

    /** Where {@link #readRegister} and {@link #writeRegister} leave and take the value. */
    MemorySegment scratch() {
        return scratch;
    }

    private static MemorySegment open() {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment handle = local.allocate(ADDRESS);
            check("open", (int) UnicornLibrary.OPEN.invokeExact(UnicornLibrary.ARCH_X86, UnicornLibrary.MODE_64,
                    handle));
            return handle.get(ADDRESS, 0);
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private void hook(int type, MemorySegment callback) {
        hook(type, callback, MemorySegment.NULL);
    }

    private void hook(int type, MemorySegment callback, MemorySegment user) {
        hookRange(type, callback, user, 1, 0);
    }

    private long hookRange(int type, MemorySegment callback, MemorySegment user, long first, long last) {
        try {
            check("add hook", (int) UnicornLibrary.HOOK_ADD.invokeExact(uc, scratch, type, callback, user, first,
                    last));
            return scratch.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private void hookInstruction(int instruction, MemorySegment callback) {
        try {
            check("add hook", (int) UnicornLibrary.HOOK_ADD_INSN.invokeExact(uc, scratch, UnicornLibrary.HOOK_INSN,
                    callback, MemorySegment.NULL, 1L, 0L, instruction));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private void control(int type) {
        try {
            check("control", (int) UnicornLibrary.CTL.invokeExact(uc, UnicornLibrary.controlWrite(type, 0)));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private void control(int type, int value) {
        try {
            check("control", (int) UnicornLibrary.CTL_INT.invokeExact(uc, UnicornLibrary.controlWrite(type, 1),
                    value));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    void readRegister(int register) {
        try {
            check("read register", (int) UnicornLibrary.REG_READ.invokeExact(uc, register, scratch));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    void writeRegister(int register) {
        try {
            check("write register", (int) UnicornLibrary.REG_WRITE.invokeExact(uc, register, scratch));
        } catch (Throwable e) {
            throw rethrow(e);
        }
    }

    private static void check(String what, int error) {
        if (error != 0) {
            throw new EngineException("the engine refused to " + what + ": " + UnicornLibrary.message(error));
        }
    }

    private static RuntimeException rethrow(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        if (e instanceof RuntimeException runtime) {
            return runtime;
        }
        throw new AssertionError(e);
    }
}
