package trapframe.capstone;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;
import trapframe.natives.NativeLibrary;
import trapframe.natives.NativeLibraryException;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;

/**
 * Decodes x86 instructions with Capstone, in Intel syntax. For one thread.
 *
 * <p>Of the library's record of an instruction ({@code cs_insn} in capstone.h) only the head is read: id at 0, address
 * at 8, size at 16, the bytes at 18. They are 16 in version 4 and 24 in version 5, and the texts follow them, then the pointer to the details.
 */
public final class Disassembler implements AutoCloseable {
    private static final int CS_ARCH_X86 = 3;
    private static final int CS_ERR_OK = 0;
    private static final int CS_OPT_DETAIL = 2;
    private static final long CS_OPT_ON = 3;

    private static final int SIZE_OFFSET = 16;
    private static final int BYTES_OFFSET = 18;
    private static final int MNEMONIC_SIZE = 32;
    private static final int OPERANDS_SIZE = 160;

    /** Initialised when the first disassembler is made, after the library was found. */
    private static final class Functions {
        static final NativeLibrary LIBRARY = NativeLibraries.find(Library.CAPSTONE);
        static final int MNEMONIC_OFFSET = BYTES_OFFSET + (LIBRARY.version().major() >= 5 ? 24 : 16);
        static final int OPERANDS_OFFSET = MNEMONIC_OFFSET + MNEMONIC_SIZE;
        static final int DETAIL_OFFSET = OPERANDS_OFFSET + OPERANDS_SIZE + Long.BYTES - 1 & -Long.BYTES;
        /** {@code cs_err cs_open(cs_arch, cs_mode, csh *)} */
        static final MethodHandle OPEN = function("cs_open", FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        /** {@code cs_err cs_close(csh *)} */
        static final MethodHandle CLOSE = function("cs_close",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        /** {@code cs_insn *cs_malloc(csh)} */
        static final MethodHandle MALLOC = function("cs_malloc",
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        /** {@code void cs_free(cs_insn *, size_t count)} */
        static final MethodHandle FREE = function("cs_free",
                FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        /** {@code bool cs_disasm_iter(csh, const uint8_t **code, size_t *size, uint64_t *address, cs_insn *)} */
        static final MethodHandle DISASM_ITER = function("cs_disasm_iter",
                FunctionDescriptor.of(ValueLayout.JAVA_BOOLEAN, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        /** {@code cs_err cs_option(csh, cs_opt_type, size_t value)} */
        static final MethodHandle OPTION = function("cs_option", FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        /** {@code const char *cs_reg_name(csh, unsigned)} */
        static final MethodHandle REG_NAME = function("cs_reg_name",
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

        private Functions() {
        }

        private static MethodHandle function(String name, FunctionDescriptor descriptor) {
            MemorySegment address = LIBRARY.symbols().find(name).orElseThrow(
                    () -> new NativeLibraryException(LIBRARY.location() + " has no function " + name));
            return Linker.nativeLinker().downcallHandle(address, descriptor);
        }
    }

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment handle = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment code = arena.allocate(Encoding.MAX_LENGTH);
    private final MemorySegment codePointer = arena.allocate(ValueLayout.ADDRESS);
    private final MemorySegment sizePointer = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment addressPointer = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment instruction;
    private DetailReader details;

    /** @throws NativeLibraryException when no Capstone can be loaded */
    public Disassembler(CodeSize size) {
        Objects.requireNonNull(size);
        // Asked first, so that a missing library is an exception and not the failure of a class's initialiser.
        NativeLibraries.find(Library.CAPSTONE);
        try {
            int error = (int) Functions.OPEN.invokeExact(CS_ARCH_X86, mode(size), handle);
            if (error != CS_ERR_OK) {
                throw new NativeLibraryException(
                        Functions.LIBRARY.location() + " cannot disassemble x86 (cs_open: error " + error + ")");
            }
            // The library makes room for details only if they are on.
            int ignored = (int) Functions.OPTION.invokeExact(handle(), CS_OPT_DETAIL, CS_OPT_ON);
            MemorySegment allocated = (MemorySegment) Functions.MALLOC.invokeExact(handle());
            instruction = allocated.reinterpret(Functions.DETAIL_OFFSET + (long) Long.BYTES);
        } catch (Throwable failure) {
            arena.close();
            throw unchecked(failure);
        }
    }

    /** {@code CS_MODE_16}, {@code CS_MODE_32} or {@code CS_MODE_64}. */
    private static int mode(CodeSize size) {
        return switch (size) {
            case BITS_16 -> 1 << 1;
            case BITS_32 -> 1 << 2;
            case BITS_64 -> 1 << 3;
        };
    }

    /** A disassembler, if there is a Capstone: for who can do without. */
    public static Optional<Disassembler> openIfPresent(CodeSize size) {
        try {
            return Optional.of(new Disassembler(size));
        } catch (NativeLibraryException e) {
            return Optional.empty();
        }
    }

    /**
     * Decodes the instruction at the start of a range of bytes.
     *
     * @param bytes   holds the code
     * @param offset  of the first byte of the instruction
     * @param address that the byte has for the CPU; targets of relative jumps are shown by it
     * @return empty when the bytes are no instruction, or not the whole of one
     */
    public Optional<Instruction> decode(byte[] bytes, int offset, long address) {
        Objects.checkIndex(offset, bytes.length);
        return decode(MemorySegment.ofArray(bytes).asSlice(offset), address);
    }

    /**
     * Decodes an instruction with its operands.
     *
     * @param offset  of its first byte
     * @param address that the byte has for the CPU
     * @return empty when the bytes are no instruction, or not the whole of one
     * @throws NativeLibraryException when the library keeps operands in another way than those that are known
     */
    public Optional<DecodedInstruction> decodeOperands(byte[] bytes, int offset, long address) {
        if (details == null) {
            decode(DetailReader.KNOWN, 0, 0).orElseThrow();
            details = DetailReader.of(detail(), this::registerName);
        }
        return decode(bytes, offset, address).map(decoded -> new DecodedInstruction(decoded, details.isLocked(detail()),
                details.operands(detail())));
    }

    private MemorySegment detail() {
        return instruction.get(ValueLayout.ADDRESS, Functions.DETAIL_OFFSET).reinterpret(DetailReader.BYTES);
    }

    private String registerName(int number) {
        try {
            MemorySegment name = (MemorySegment) Functions.REG_NAME.invokeExact(handle(), number);
            return name.address() == 0 ? null : name.reinterpret(MNEMONIC_SIZE).getString(0);
        } catch (Throwable failure) {
            throw unchecked(failure);
        }
    }

    /** The same for memory of any kind, for example guest RAM: decodes at the segment's first byte. */
    public Optional<Instruction> decode(MemorySegment bytes, long address) {
        int available = (int) Math.min(Encoding.MAX_LENGTH, bytes.byteSize());
        // Copied, because the call may not touch the Java heap, and 15 bytes cost nothing.
        MemorySegment.copy(bytes, 0, code, 0, available);
        codePointer.set(ValueLayout.ADDRESS, 0, code);
        sizePointer.set(ValueLayout.JAVA_LONG, 0, available);
        addressPointer.set(ValueLayout.JAVA_LONG, 0, address);
        boolean decoded;
        try {
            decoded = (boolean) Functions.DISASM_ITER.invokeExact(handle(), codePointer, sizePointer, addressPointer,
                    instruction);
        } catch (Throwable failure) {
            throw unchecked(failure);
        }
        if (!decoded) {
            return Optional.empty();
        }
        return Optional.of(new Instruction(address,
                Short.toUnsignedInt(instruction.get(ValueLayout.JAVA_SHORT, SIZE_OFFSET)),
                instruction.getString(Functions.MNEMONIC_OFFSET),
                instruction.getString(Functions.OPERANDS_OFFSET)));
    }

    /**
     * Decodes instructions one after the other, up to the end or to the first byte that starts none.
     *
     * @param address of the first byte
     */
    public List<Instruction> decodeAll(byte[] bytes, long address) {
        List<Instruction> instructions = new ArrayList<>();
        int offset = 0;
        while (offset < bytes.length) {
            Optional<Instruction> next = decode(bytes, offset, address + offset);
            if (next.isEmpty()) {
                break;
            }
            instructions.add(next.get());
            offset += next.get().length();
        }
        return instructions;
    }

    @Override
    public void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        try {
            Functions.FREE.invokeExact(instruction, 1L);
            int ignored = (int) Functions.CLOSE.invokeExact(handle);
        } catch (Throwable failure) {
            throw unchecked(failure);
        } finally {
            arena.close();
        }
    }

    private long handle() {
        return handle.get(ValueLayout.JAVA_LONG, 0);
    }

    private static RuntimeException unchecked(Throwable failure) {
        return switch (failure) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> new IllegalStateException(failure);
        };
    }
}
