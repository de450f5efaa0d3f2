package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;

/** The functions of libunicorn that Trapframe calls, as method handles (unicorn.h of version 2.1.4). */
final class UnicornLibrary {
    static final int ARCH_X86 = 4;
    static final int MODE_64 = 1 << 3;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int PROT_EXEC = 4;
    static final int PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

    static final int HOOK_INTR = 1;
    static final int HOOK_INSN = 1 << 1;
    static final int HOOK_CODE = 1 << 2;
    static final int HOOK_BLOCK = 1 << 3;
    static final int HOOK_MEM_FETCH_UNMAPPED = 1 << 6;
    static final int HOOK_MEM_READ = 1 << 10;
    static final int HOOK_MEM_WRITE = 1 << 11;
    static final int HOOK_INSN_INVALID = 1 << 14;
    static final int HOOK_EDGE_GENERATED = 1 << 15;
    static final int HOOK_TLB_FILL = 1 << 17;

    static final int INSN_CPUID = 113;
    static final int INSN_IN = 218;
    static final int INSN_OUT = 500;
    static final int INSN_RDTSC = 608;
    static final int INSN_RDTSCP = 609;
    static final int INSN_SYSCALL = 699;
    static final int INSN_SYSENTER = 700;

    static final int CPU_MODEL_HASWELL = 19;
    static final int TLB_VIRTUAL = 1;

    static final int CTL_USE_EXITS = 4;
    static final int CTL_CPU_MODEL = 7;
    static final int CTL_TB_REMOVE_CACHE = 9;
    static final int CTL_TB_FLUSH = 10;
    static final int CTL_TLB_FLUSH = 11;
    static final int CTL_TLB_TYPE = 12;

    static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = NativeLibraries.find(Library.UNICORN).symbols();

    static final MethodHandle OPEN = find("uc_open", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle CLOSE = find("uc_close", JAVA_INT, ADDRESS);
    static final MethodHandle STRERROR = find("uc_strerror", ADDRESS, JAVA_INT);
    static final MethodHandle MEM_MAP_PTR =
            find("uc_mem_map_ptr", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
    static final MethodHandle MMIO_MAP = find("uc_mmio_map", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS,
            ADDRESS, ADDRESS);
    static final MethodHandle EMU_START =
            find("uc_emu_start", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    static final MethodHandle EMU_STOP = find("uc_emu_stop", JAVA_INT, ADDRESS);
    static final MethodHandle REG_READ = find("uc_reg_read", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    static final MethodHandle REG_WRITE = find("uc_reg_write", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);

    static final MethodHandle HOOK_ADD = variadic("uc_hook_add", 7, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS,
            JAVA_LONG, JAVA_LONG);
    static final MethodHandle HOOK_ADD_INSN = variadic("uc_hook_add", 7, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS,
            JAVA_LONG, JAVA_LONG, JAVA_INT);
    static final MethodHandle CTL = variadic("uc_ctl", 2, ADDRESS, JAVA_INT);
    static final MethodHandle CTL_INT = variadic("uc_ctl", 2, ADDRESS, JAVA_INT, JAVA_INT);
    static final MethodHandle CTL_RANGE = variadic("uc_ctl", 2, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG);

    /** Has a CPU forget the translation of a page; null where the library keeps it to itself. No part of its interface. */
    static final MethodHandle FLUSH_PAGE = LIBRARY.find("tlb_flush_page_x86_64")
            .map(function -> LINKER.downcallHandle(function, FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG))).orElse(null);

    private UnicornLibrary() { }

    /** The control word of {@code uc_ctl} for a write with a number of arguments (UC_CTL_WRITE). */
    static int controlWrite(int type, int arguments) {
        return type | arguments << 26 | 1 << 30;
    }

    static String message(int error) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(error);
            return text.reinterpret(256).getString(0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle find(String name, MemoryLayout result, MemoryLayout... parameters) {
        return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(result, parameters));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout... parameters) {
        return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(JAVA_INT, parameters),
                Linker.Option.firstVariadicArg(Math.min(fixed, parameters.length)));
    }

    private static MemorySegment symbol(String name) {
        return LIBRARY.find(name).orElseThrow(() -> new EngineException("libunicorn has no function " + name));
    }
}
