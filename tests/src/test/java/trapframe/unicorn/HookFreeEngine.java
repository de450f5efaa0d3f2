package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The engine as it comes, without any hook: what {@link Engine}'s clock is measured against. It runs 64-bit code
 * without paging, up to HLT.
 */
public final class HookFreeEngine implements AutoCloseable {
    private static final long RAM_BYTES = 1 << 20;
    private static final int REG_RSI = 43;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment scratch = arena.allocate(8);
    private final MemorySegment uc;
    private final long start;

    /** @param start where the code is, below 1 MiB */
    public HookFreeEngine(byte[] code, long start) {
        this.start = start;
        MemorySegment ram = HostMemory.zeros(RAM_BYTES, arena);
        MemorySegment.copy(code, 0, ram, JAVA_BYTE, start, code.length);
        try {
            check((int) UnicornLibrary.OPEN.invokeExact(UnicornLibrary.ARCH_X86, UnicornLibrary.MODE_64, scratch));
            uc = scratch.get(ADDRESS, 0);
            check((int) UnicornLibrary.MEM_MAP_PTR.invokeExact(uc, 0L, RAM_BYTES, UnicornLibrary.PROT_ALL, ram));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Runs from the start to HLT, with a value in RSI. */
    public void run(long rsi) {
        scratch.set(JAVA_LONG, 0, rsi);
        try {
            check((int) UnicornLibrary.REG_WRITE.invokeExact(uc, REG_RSI, scratch));
            check((int) UnicornLibrary.EMU_START.invokeExact(uc, start, 0L, 0L, 0L));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        try {
            check((int) UnicornLibrary.CLOSE.invokeExact(uc));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        arena.close();
    }

    private static void check(int error) {
        if (error != 0) {
            throw new EngineException(UnicornLibrary.message(error));
        }
    }
}
