package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The clock's hot path: the engine calls this machine code at the start of every block.
 *
 * <p>It adds the block's bytes to {@link #count}, and returns at once while the sum stays at or below the limit. Past
 * the limit it calls Java, unless it was asked to wait for the guest to allow interrupts: then it calls Java only
 * when RFLAGS.IF is set or the hard limit is passed. Where the block runs on, RF ends: the engine would keep it until some
 * later block, and show it to PUSHF. The engine calls a lone block hook straight from translated
 * code, which keeps the CPU's state in a fixed host register (RBP on x86-64, X19 on AArch64); {@link EngineLayout}
 * checks that at start-up.
 */
public final class BlockCounter {
    private static final int COUNT = 0;
    private static final int LIMIT = 8;
    private static final int HARD_LIMIT = 16;
    private static final int BEFORE = 24;
    private static final int START = 32;
    private static final int STATE = 40;
    private static final int UPCALL = 48;
    private static final int BYTES = 56;

    private final MemorySegment cells;
    private final MemorySegment code;

    BlockCounter(Arena arena, MemorySegment upcall) {
        cells = arena.allocate(BYTES, 64);
        cells.set(JAVA_LONG, UPCALL, upcall.address());
        code = HostMemory.code(code(System.getProperty("os.arch")), arena);
    }

    MemorySegment cells() {
        return cells;
    }

    MemorySegment code() {
        return code;
    }

    /** Code bytes counted: all blocks that started, each as a whole. */
    public long count() {
        return cells.get(JAVA_LONG, COUNT);
    }

    /** Sets the count, as between two blocks: the last block is forgotten. */
    public void setCount(long count) {
        cells.set(JAVA_LONG, COUNT, count);
        cells.set(JAVA_LONG, BEFORE, count);
        cells.set(JAVA_LONG, START, 0);
    }

    /** The count before the block that started last. */
    public long countBeforeBlock() {
        return cells.get(JAVA_LONG, BEFORE);
    }

    /** Linear address of the block that started last. */
    public long blockStart() {
        return cells.get(JAVA_LONG, START);
    }

    /** Linear address of the first byte after the block that started last. */
    public long blockEnd() {
        return blockStart() + count() - countBeforeBlock();
    }

    /** Java is called at the start of each block that would count past {@code limit}. */
    public void callPast(long limit) {
        cells.set(JAVA_LONG, HARD_LIMIT, limit);
        cells.set(JAVA_LONG, LIMIT, limit);
    }

    /** Java is called as with {@link #callPast}, and at the start of each block while RFLAGS.IF is set. */
    public void callWhenInterruptible(long limit) {
        cells.set(JAVA_LONG, HARD_LIMIT, limit);
        cells.set(JAVA_LONG, LIMIT, -1);
    }

    /** Java is called at the start of the next block, whatever it is. */
    public void callAtNextBlock() {
        callPast(-1);
    }

    /** The host register that translated code kept the CPU's state in at the last block. */
    long statePointer() {
        return cells.get(JAVA_LONG, STATE);
    }

    /** The machine code for a host architecture, by the name in {@code os.arch}. */
    static byte[] code(String hostArchitecture) {
        return switch (hostArchitecture) {
            case "amd64", "x86_64" -> x86();
            case "aarch64", "arm64" -> aarch64();
            default -> throw new EngineException("no block counter for hosts of type " + hostArchitecture);
        };
    }

    /** System V call: RDI engine, RSI address, EDX size, RCX cells. */
    private static byte[] x86() {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.writeBytes(bytes(0x48, 0x8b, 0x01));                          // mov rax, [rcx + COUNT]
        code.writeBytes(bytes(0x89, 0xd2));                                // mov edx, edx
        code.writeBytes(bytes(0x48, 0x89, 0x41, BEFORE));                  // mov [rcx + BEFORE], rax
        code.writeBytes(bytes(0x48, 0x89, 0x71, START));                   // mov [rcx + START], rsi
        code.writeBytes(bytes(0x48, 0x01, 0xd0));                          // add rax, rdx
        code.writeBytes(bytes(0x48, 0x89, 0x01));                          // mov [rcx + COUNT], rax
        code.writeBytes(bytes(0x48, 0x3b, 0x41, LIMIT));                   // cmp rax, [rcx + LIMIT]
        code.writeBytes(bytes(0x7f, 0x0d));                                // jg past
        code.writeBytes(bytes(0xf7, 0x85));                                // go: test dword [rbp + EFLAGS], RF
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(word(CpuState.RF));
        code.writeBytes(bytes(0x75, 0x1a));                                // jnz end
        code.writeBytes(bytes(0xc3));                                      // ret
        code.writeBytes(bytes(0x48, 0x89, 0x69, STATE));                   // past: mov [rcx + STATE], rbp
        code.writeBytes(bytes(0x48, 0x3b, 0x41, HARD_LIMIT));              // cmp rax, [rcx + HARD_LIMIT]
        code.writeBytes(bytes(0x7f, 0x0c));                                // jg call
        code.writeBytes(bytes(0xf7, 0x85));                                // test dword [rbp + EFLAGS], IF
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(word(CpuState.IF));
        code.writeBytes(bytes(0x74, 0xdd));                                // jz go
        code.writeBytes(bytes(0xff, 0x61, UPCALL));                        // call: jmp [rcx + UPCALL]
        code.writeBytes(bytes(0x81, 0xa5));                                // end: and dword [rbp + EFLAGS], ~RF
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(word(~CpuState.RF));
        code.writeBytes(bytes(0xc3));                                      // ret
        return code.toByteArray();
    }

    /** AAPCS64 call: X0 engine, X1 address, W2 size, X3 cells. */
    private static byte[] aarch64() {
        return words(
                0xf9400064,                                                // ldr x4, [x3, #COUNT]
                0xf9000064 | BEFORE / 8 << 10,                             // str x4, [x3, #BEFORE]
                0xf9000061 | START / 8 << 10,                              // str x1, [x3, #START]
                0x8b224084,                                                // add x4, x4, w2, uxtw
                0xf9000064,                                                // str x4, [x3, #COUNT]
                0xf9400065 | LIMIT / 8 << 10,                              // ldr x5, [x3, #LIMIT]
                0xeb05009f,                                                // cmp x4, x5
                0x5400008c,                                                // b.gt past
                0xb9400266 | CpuState.EFLAGS / 4 << 10,                    // go: ldr w6, [x19, #EFLAGS]
                0x37800146,                                                // tbnz w6, #16, end
                0xd65f03c0,                                                // ret
                0xf9000073 | STATE / 8 << 10,                              // past: str x19, [x3, #STATE]
                0xf9400065 | HARD_LIMIT / 8 << 10,                         // ldr x5, [x3, #HARD_LIMIT]
                0xeb05009f,                                                // cmp x4, x5
                0x5400006c,                                                // b.gt call
                0xb9400266 | CpuState.EFLAGS / 4 << 10,                    // ldr w6, [x19, #EFLAGS]
                0x364fff06,                                                // tbz w6, #9, go
                0xf9400065 | UPCALL / 8 << 10,                             // call: ldr x5, [x3, #UPCALL]
                0xd61f00a0,                                                // br x5
                0x120f78c6,                                                // end: and w6, w6, #~RF
                0xb9000266 | CpuState.EFLAGS / 4 << 10,                    // str w6, [x19, #EFLAGS]
                0xd65f03c0);                                               // ret
    }

    private static byte[] bytes(int... values) {
        byte[] result = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (byte) values[i];
        }
        return result;
    }

    private static byte[] word(int value) {
        return words(value);
    }

    private static byte[] words(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            buffer.putInt(value);
        }
        return buffer.array();
    }
}
