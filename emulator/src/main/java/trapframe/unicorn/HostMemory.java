package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Memory straight from the operating system: zeros that take no room until they are touched, machine code, and fast comparison. */
public final class HostMemory {
    /** All of the host's memory, by address: for what the engine passes by pointer. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");
    /** Whether the engine's translated code may be changed: macOS lets the thread that translates write it, and for so long only. */
    static final boolean CODE_STAYS_WRITABLE = !MAC;
    private static final int MAP_ANONYMOUS = MAC ? 0x1000 : 0x20;
    private static final int MAP_NORESERVE = MAC ? 0x40 : 0x4000;
    private static final int MADV_HUGEPAGE = 14;
    private static final long CODE_BYTES = 16384;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final MethodHandle MMAP = function("mmap",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MPROTECT = function("mprotect",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MADVISE = function("madvise",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    /** Goes as many bytes at a time as the host can; {@link MemorySegment#mismatch} eight, if one side is an array. */
    private static final MethodHandle MEMCMP = function("memcmp", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
            Linker.Option.critical(true));

    private HostMemory() { }

    /**
     * Pages of zeros, page-aligned, which live as long as the arena.
     *
     * @throws EngineException if the system has no room for them
     */
    public static MemorySegment zeros(long bytes, Arena arena) {
        MemorySegment memory = map(bytes, arena);
        if (!MAC) {
            // Only a wish: a system without large pages refuses it, and nothing is lost.
            call(MADVISE, memory, bytes, MADV_HUGEPAGE);
        }
        return memory;
    }

    /** Copies machine code into a mapping of its own, which is never writable and executable at once. */
    static MemorySegment code(byte[] code, Arena arena) {
        if (code.length > CODE_BYTES) {
            throw new IllegalArgumentException(code.length + " bytes of code");
        }
        MemorySegment mapping = map(CODE_BYTES, arena);
        MemorySegment.copy(code, 0, mapping, JAVA_BYTE, 0, code.length);
        if (call(MPROTECT, mapping, CODE_BYTES, PROT_READ | PROT_EXEC) != 0) {
            throw new EngineException("the system refuses to make written memory executable");
        }
        return mapping;
    }

    private static MemorySegment map(long bytes, Arena arena) {
        try {
            MemorySegment mapping = (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, bytes,
                    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
            if (mapping.address() == -1) {
                throw new EngineException("the system has no room for " + (bytes >> 10) + " KiB of memory");
            }
            return mapping.reinterpret(bytes, arena, address -> unmap(address, bytes));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static int call(MethodHandle function, MemorySegment memory, long bytes, int argument) {
        try {
            return (int) function.invokeExact(memory, bytes, argument);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void unmap(MemorySegment mapping, long bytes) {
        try {
            int ignored = (int) MUNMAP.invokeExact(mapping, bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Whether two segments hold the same bytes; any of them may be an array. */
    public static boolean isSame(MemorySegment one, MemorySegment other) {
        try {
            return one.byteSize() == other.byteSize() && (int) MEMCMP.invokeExact(one, other, one.byteSize()) == 0;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LIBC.findOrThrow(name), descriptor, options);
    }
}
