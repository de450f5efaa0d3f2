package trapframe.capstone;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import trapframe.natives.NativeLibraryException;

/**
 * Reads what the library tells of operands: {@code cs_x86} of capstone/x86.h, which is the same in versions 4 and 5. What lies before it in
 * {@code cs_detail} is not: where it begins is found by an instruction that is known.
 */
final class DetailReader {
    /** {@code lock xadd dword ptr [rdi + 0x12345678], eax} */
    static final byte[] KNOWN = {(byte) 0xf0, 0x0f, (byte) 0xc1, (byte) 0x87, 0x78, 0x56, 0x34, 0x12};
    private static final long KNOWN_DISPLACEMENT = 0x12345678;

    /** All that is read of {@code cs_detail}. */
    static final long BYTES = 1024;
    private static final int FIRST_START = 48;
    private static final int LAST_START = 512;

    private static final int PREFIX = 0;
    private static final int OPCODE = 4;
    private static final int DISPLACEMENT = 16;
    private static final int COUNT = 64;
    private static final int OPERANDS = 72;
    private static final int OPERAND_BYTES = 48;
    private static final int MAX_OPERANDS = 8;

    private static final int TYPE_REGISTER = 1;
    private static final int TYPE_IMMEDIATE = 2;
    private static final int TYPE_MEMORY = 3;
    private static final int VALUE = 8;
    private static final int MEMORY_BASE = 12;
    private static final int MEMORY_INDEX = 16;
    private static final int MEMORY_SCALE = 20;
    private static final int MEMORY_DISPLACEMENT = 24;
    private static final int SIZE = 32;
    private static final int ACCESS = 33;
    private static final int READS = 1;
    private static final int WRITES = 2;

    private static final int LOCK = 0xf0;
    private static final int XADD = 0xc1;

    private final int start;
    private final IntFunction<String> registerName;

    private DetailReader(int start, IntFunction<String> registerName) {
        this.start = start;
        this.registerName = registerName;
    }

    /**
     * @param detail       of {@link #KNOWN}
     * @param registerName of the library's number of it
     * @throws NativeLibraryException if it is not what versions 4 and 5 have
     */
    static DetailReader of(MemorySegment detail, IntFunction<String> registerName) {
        for (int start = FIRST_START; start <= LAST_START; start += Long.BYTES) {
            if (number(detail, start + PREFIX) == LOCK && number(detail, start + OPCODE + 1) == XADD
                    && detail.get(ValueLayout.JAVA_LONG, start + DISPLACEMENT) == KNOWN_DISPLACEMENT && number(detail, start + COUNT) == 2) {
                return new DetailReader(start, registerName);
            }
        }
        throw new NativeLibraryException("this Capstone keeps operands where versions 4 and 5 do not");
    }

    private static int number(MemorySegment detail, long offset) {
        return Byte.toUnsignedInt(detail.get(ValueLayout.JAVA_BYTE, offset));
    }

    boolean isLocked(MemorySegment detail) {
        return number(detail, start + PREFIX) == LOCK;
    }

    List<Operand> operands(MemorySegment detail) {
        List<Operand> operands = new ArrayList<>();
        int count = Math.min(MAX_OPERANDS, number(detail, start + COUNT));
        for (int i = 0; i < count; i++) {
            operands.add(operand(detail, start + OPERANDS + (long) i * OPERAND_BYTES));
        }
        return List.copyOf(operands);
    }

    private Operand operand(MemorySegment detail, long at) {
        int size = number(detail, at + SIZE);
        int access = number(detail, at + ACCESS);
        return switch (detail.get(ValueLayout.JAVA_INT, at)) {
            case TYPE_REGISTER -> new Operand.Register(register(detail, at + VALUE).orElse("?"), size);
            case TYPE_IMMEDIATE -> new Operand.Immediate(detail.get(ValueLayout.JAVA_LONG, at + VALUE), size);
            case TYPE_MEMORY -> new Operand.Memory(register(detail, at + VALUE), register(detail, at + MEMORY_BASE),
                    register(detail, at + MEMORY_INDEX), detail.get(ValueLayout.JAVA_INT, at + MEMORY_SCALE),
                    detail.get(ValueLayout.JAVA_LONG, at + MEMORY_DISPLACEMENT), size, (access & READS) != 0, (access & WRITES) != 0);
            default -> new Operand.Other(size);
        };
    }

    private Optional<String> register(MemorySegment detail, long at) {
        int number = detail.get(ValueLayout.JAVA_INT, at);
        return number == 0 ? Optional.empty() : Optional.ofNullable(registerName.apply(number));
    }
}
