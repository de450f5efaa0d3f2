package trapframe.unicorn;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;
import trapframe.natives.NativeLibrary;

/** AArch64 code as text, by Capstone's own functions: the machine disassembles nothing but x86. */
record Arm64Disassembly(byte[] code) {
    /** The numbers of the architecture changed with version 6: there AArch64 is still 1. */
    private static final int CS_ARCH_ARM64 = 1;
    private static final int CS_MODE_LITTLE_ENDIAN = 0;
    private static final int BYTES_OFFSET = 18;
    private static final int MNEMONIC_SIZE = 32;
    private static final NativeLibrary CAPSTONE = NativeLibraries.find(Library.CAPSTONE);
    private static final int MNEMONIC_OFFSET = BYTES_OFFSET + (CAPSTONE.version().major() >= 5 ? 24 : 16);

    List<String> lines() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ValueLayout.JAVA_LONG);
            MethodHandle open = function("cs_open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            Assumptions.assumeTrue((int) open.invokeExact(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, handle) == 0,
                    "this Capstone was built without AArch64");
            long engine = handle.get(ValueLayout.JAVA_LONG, 0);
            MemorySegment instruction = ((MemorySegment) function("cs_malloc", FunctionDescriptor.of(ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG)).invokeExact(engine)).reinterpret(MNEMONIC_OFFSET + 256);
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            pointer.set(ValueLayout.ADDRESS, 0, arena.allocateFrom(ValueLayout.JAVA_BYTE, code));
            MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_LONG, code.length);
            MemorySegment address = arena.allocateFrom(ValueLayout.JAVA_LONG, 0L);
            MethodHandle next = function("cs_disasm_iter", FunctionDescriptor.of(ValueLayout.JAVA_BOOLEAN, ValueLayout.JAVA_LONG,
                    ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            List<String> lines = new ArrayList<>();
            while ((boolean) next.invokeExact(engine, pointer, size, address, instruction)) {
                lines.add((instruction.getString(MNEMONIC_OFFSET) + " " + instruction.getString(MNEMONIC_OFFSET + MNEMONIC_SIZE))
                        .strip());
            }
            function("cs_free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG)).invokeExact(instruction, 1L);
            int ignored = (int) function("cs_close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                    .invokeExact(handle);
            return lines;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(CAPSTONE.symbols().findOrThrow(name), descriptor);
    }
}
