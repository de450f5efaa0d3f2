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

/** Machine code written by Java, in a mapping of its own: written first, executable afterwards, never both. */
final class NativeCode {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = System.getProperty("os.name").startsWith("Mac") ? 0x1000 : 0x20;
    private static final long PAGE = 16384;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();
    private static final MethodHandle MMAP = LINKER.downcallHandle(LIBC.findOrThrow("mmap"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MPROTECT = LINKER.downcallHandle(LIBC.findOrThrow("mprotect"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP = LINKER.downcallHandle(LIBC.findOrThrow("munmap"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private NativeCode() { }

    /** Copies the code into an executable mapping, which lives as long as the arena. */
    static MemorySegment map(byte[] code, Arena arena) {
        if (code.length > PAGE) {
            throw new IllegalArgumentException(code.length + " bytes of code");
        }
        try {
            MemorySegment mapping = (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, PAGE,
                    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
            if (mapping.address() == -1) {
                throw new EngineException("the system gives no memory for machine code");
            }
            mapping = mapping.reinterpret(PAGE, arena, NativeCode::unmap);
            MemorySegment.copy(code, 0, mapping, JAVA_BYTE, 0, code.length);
            if ((int) MPROTECT.invokeExact(mapping, PAGE, PROT_READ | PROT_EXEC) != 0) {
                throw new EngineException("the system refuses to make written memory executable");
            }
            return mapping;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void unmap(MemorySegment mapping) {
        try {
            int ignored = (int) MUNMAP.invokeExact(mapping, PAGE);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
