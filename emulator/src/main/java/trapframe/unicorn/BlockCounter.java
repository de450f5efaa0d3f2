package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The clock's hot path: the engine calls this machine code at the start of every block.
 *
 * <p>It adds the block's bytes to the count, and returns at once while the sum stays at or below the limit. Past
 * the limit it calls Java, unless it was asked to wait for the guest to allow interrupts: then it calls Java only
 * when RFLAGS.IF is set or the hard limit is passed. It can look out for a stack pointer, too. Where the block runs on, RF ends: the engine would keep it until some
 * later block, and show it to PUSHF. The engine calls a lone block hook straight from translated
 * code, which keeps the CPU's state in a fixed host register (RBP on x86-64, X19 on AArch64); {@link EngineLayout}
 * checks that at start-up.
 *
 * <p>What is kept is how far the count is past the trigger, so that adding and comparing are one instruction: no sign
 * means that somebody has to look. On x86-64 hosts {@link BlockSite} puts that instruction in the place of the
 * engine's call, the first time that a block is executed.
 */
public final class BlockCounter {
    /** The count less the trigger, less 1. */
    static final int OVER = 0;
    /**
     * The block that started last: the 48 bits of its linear address that count, and below them the {@link #SIZE_BITS} of
     * its length, so that one store keeps both.
     */
    static final int BLOCK = 8;
    /** Where {@link BlockSite}'s code calls when it is past the trigger, or RF is set. */
    static final int SLOW = 16;
    private static final int TRIGGER = 24;
    /** What {@link #OVER} is when the count is past the hard limit by 1. */
    private static final int HARD = 32;
    /** The flags that call for Java besides the hard limit. */
    private static final int FLAGS = 40;
    private static final int STATE = 48;
    private static final int UPCALL = 56;
    private static final int REWRITE = 64;
    private static final int ENGINE = 72;
    private static final int CHECK_EXIT = 80;
    /** Of {@link #watchStack}. */
    private static final int STACK = 88;
    private static final int FLOOR = 96;
    private static final int LOWEST = 104;
    /** Not 0 while the engine has to look whether it was asked to stop. */
    private static final int STOPPING = 112;
    private static final int BYTES = 120;
    /** Where no stack is: not canonical. */
    private static final long NOWHERE = 1L << 62;
    private static final int SIZE_BITS = 16;

    private final MemorySegment cells;
    private final MemorySegment code;
    private long limit = Long.MAX_VALUE;
    /** Past which Java is called in any case. */
    private long hardLimit;
    private boolean stopping;
    private boolean watchingStack;

    /**
     * @param upcall  what is called past the limit, a block hook of the engine's
     * @param rewrite what is called when a block is executed first, with the hook's return address: it returns where to go
     *                on, or 0 to return from the hook. May be NULL: then all blocks call
     */
    BlockCounter(Arena arena, MemorySegment upcall, MemorySegment rewrite) {
        cells = arena.allocate(BYTES, 64);
        Code machineCode = code(System.getProperty("os.arch"));
        code = HostMemory.code(machineCode.bytes(), arena);
        cells.set(JAVA_LONG, UPCALL, upcall.address());
        cells.set(JAVA_LONG, REWRITE, machineCode.slow() == 0 || !HostMemory.CODE_STAYS_WRITABLE ? 0 : rewrite.address());
        cells.set(JAVA_LONG, SLOW, code.address() + machineCode.slow());
        cells.set(JAVA_LONG, CHECK_EXIT, code.address() + machineCode.bytes().length - 1);
        forgetStack();
        callPast(limit);
    }

    MemorySegment cells() {
        return cells;
    }

    MemorySegment code() {
        return code;
    }

    /**
     * From now on the engine's check for a stop is left to the code here, which makes it when the engine was asked to
     * stop.
     *
     * @param engine    the check's argument
     * @param checkExit the engine's function
     * @return false if it is another one than before
     */
    boolean takesOverCheck(long engine, long checkExit) {
        long before = cells.get(JAVA_LONG, ENGINE);
        if (before == 0) {
            cells.set(JAVA_LONG, ENGINE, engine);
            cells.set(JAVA_LONG, CHECK_EXIT, checkExit);
        }
        return before == 0 || cells.get(JAVA_LONG, CHECK_EXIT) == checkExit;
    }

    /** All blocks that are executed first from now on call. */
    void stopRewriting() {
        cells.set(JAVA_LONG, REWRITE, 0);
    }

    boolean isRewriting() {
        return cells.get(JAVA_LONG, REWRITE) != 0;
    }

    /** Whether {@link EngineCallbacks#admits} is called for each block that is executed first. */
    public boolean tellsNewBlocks() {
        return isRewriting();
    }

    /** Code bytes counted: all blocks that started, each as a whole. */
    public long count() {
        return cells.get(JAVA_LONG, OVER) + cells.get(JAVA_LONG, TRIGGER) + 1;
    }

    /** Sets the count, as between two blocks: the last block is forgotten. */
    public void setCount(long count) {
        cells.set(JAVA_LONG, OVER, count - cells.get(JAVA_LONG, TRIGGER) - 1);
        cells.set(JAVA_LONG, BLOCK, 0);
    }

    /** The count before the block that started last. */
    public long countBeforeBlock() {
        return count() - blockSize();
    }

    /** Linear address of the block that started last. */
    public long blockStart() {
        return cells.get(JAVA_LONG, BLOCK) >> SIZE_BITS;
    }

    /** Linear address of the first byte after the block that started last. */
    public long blockEnd() {
        return blockStart() + blockSize();
    }

    /** Length of the block that started last, in bytes. */
    int blockSize() {
        return (int) cells.get(JAVA_LONG, BLOCK) & (1 << SIZE_BITS) - 1;
    }

    /** What {@link #BLOCK} is for a block. */
    static long block(long start, int size) {
        return start << SIZE_BITS | size;
    }

    /** Java is called at the start of each block that would count past {@code limit}. */
    public void callPast(long newLimit) {
        limit = newLimit;
        hardLimit = newLimit;
        cells.set(JAVA_INT, FLAGS, 0);
        aim();
    }

    /** Java is called as with {@link #callPast}, and at the start of each block while RFLAGS.IF is set. */
    public void callWhenInterruptible(long newLimit) {
        limit = -1;
        hardLimit = newLimit;
        cells.set(JAVA_INT, FLAGS, CpuState.IF);
        aim();
    }

    /** Java is called at the start of the next block, whatever it is. */
    public void callAtNextBlock() {
        callPast(-1);
    }

    /**
     * From now on Java is called, besides, at the start of each block with a stack pointer, and the lowest stack pointer at the start of a
     * block is followed.
     *
     * @param pointer the stack pointer that Java is called at
     * @param lowest  what counts as the lowest one so far
     * @param floor   what is below this is another stack, and not followed
     */
    public void watchStack(long pointer, long lowest, long floor) {
        watchingStack = true;
        cells.set(JAVA_LONG, STACK, pointer);
        cells.set(JAVA_LONG, LOWEST, lowest);
        cells.set(JAVA_LONG, FLOOR, floor);
        aim();
    }

    /** Ends {@link #watchStack}. */
    public void forgetStack() {
        watchingStack = false;
        cells.set(JAVA_LONG, STACK, NOWHERE);
        cells.set(JAVA_LONG, LOWEST, 0);
        aim();
    }

    /** The lowest stack pointer that {@link #watchStack} followed. */
    public long lowestStack() {
        return cells.get(JAVA_LONG, LOWEST);
    }

    /** The engine was asked to stop, and looks at the start of the next block. */
    void stopAtNextBlock() {
        stopping = true;
        aim();
    }

    /** A run begins: what an earlier one was stopped for is over. */
    void begin() {
        if (stopping) {
            stopping = false;
            aim();
        }
    }

    private void aim() {
        long count = count();
        long trigger = stopping || watchingStack ? -1 : limit;
        cells.set(JAVA_LONG, TRIGGER, trigger);
        cells.set(JAVA_LONG, OVER, count - trigger - 1);
        // No count is as large as the largest limit, from which the trigger of -1 may not be taken.
        cells.set(JAVA_LONG, HARD, Math.min(hardLimit, Long.MAX_VALUE - 1) - trigger);
        cells.set(JAVA_INT, STOPPING, stopping ? 1 : 0);
    }

    /** The host register that translated code kept the CPU's state in when Java was last called. */
    long statePointer() {
        return cells.get(JAVA_LONG, STATE);
    }

    /**
     * Machine code; its last byte is a return.
     *
     * @param slow the offset of what {@link BlockSite} calls, 0 if there is none
     */
    record Code(byte[] bytes, int slow) { }

    /** The machine code for a host architecture, by the name in {@code os.arch}. */
    static Code code(String hostArchitecture) {
        return switch (hostArchitecture) {
            case "amd64", "x86_64" -> x86();
            case "aarch64", "arm64" -> new Code(aarch64(), 0);
            default -> throw new EngineException("no block counter for hosts of type " + hostArchitecture);
        };
    }

    /** System V call: RDI engine, RSI address, EDX size, RCX cells. */
    private static Code x86() {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.writeBytes(bytes(0x89, 0xd2));                                // mov edx, edx
        code.writeBytes(bytes(0x48, 0xc1, 0xe6, SIZE_BITS));               // shl rsi, SIZE_BITS
        code.writeBytes(bytes(0x48, 0x09, 0xd6));                          // or rsi, rdx
        code.writeBytes(bytes(0x48, 0x89, 0x71, BLOCK));                   // mov [rcx + BLOCK], rsi
        code.writeBytes(bytes(0x48, 0x01, 0x11));                          // add [rcx + OVER], rdx
        code.writeBytes(bytes(0x48, 0x83, 0x79, REWRITE, 0));              // cmp qword [rcx + REWRITE], 0
        code.writeBytes(bytes(0x74, 0x14));                                // je go
        code.writeBytes(bytes(0x48, 0x8b, 0x3c, 0x24));                    // mov rdi, [rsp]
        code.writeBytes(bytes(0x51));                                      // push rcx
        code.writeBytes(bytes(0xff, 0x51, REWRITE));                       // call [rcx + REWRITE]
        code.writeBytes(bytes(0x59));                                      // pop rcx
        code.writeBytes(bytes(0x48, 0x85, 0xc0));                          // test rax, rax
        code.writeBytes(bytes(0x74, 0x06));                                // jz go
        code.writeBytes(bytes(0x48, 0x89, 0x04, 0x24));                    // mov [rsp], rax
        code.writeBytes(bytes(0xeb, 0x13));                                // jmp slow
        code.writeBytes(bytes(0x48, 0x83, 0x39, 0));                       // go: cmp qword [rcx + OVER], 0
        code.writeBytes(bytes(0x79, 0x0d));                                // jns slow
        code.writeBytes(bytes(0xf7, 0x85));                                // test dword [rbp + EFLAGS], RF
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(word(CpuState.RF));
        code.writeBytes(bytes(0x75, 0x01));                                // jnz slow
        code.writeBytes(bytes(0xc3));                                      // ret
        int slow = code.size();
        code.writeBytes(bytes(0x48, 0x89, 0x69, STATE));                   // slow: mov [rcx + STATE], rbp
        code.writeBytes(bytes(0x48, 0x8b, 0x01));                          // mov rax, [rcx + OVER]
        code.writeBytes(bytes(0x48, 0x3b, 0x41, HARD));                    // cmp rax, [rcx + HARD]
        code.writeBytes(bytes(0x7d, 0x43));                                // jge call
        code.writeBytes(bytes(0x8b, 0x95));                                // mov edx, [rbp + EFLAGS]
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(bytes(0x85, 0x51, FLAGS));                         // test [rcx + FLAGS], edx
        code.writeBytes(bytes(0x75, 0x38));                                // jnz call
        code.writeBytes(bytes(0x48, 0x8b, 0x85));                          // mov rax, [rbp + RSP]
        code.writeBytes(word(CpuState.REGS + 8 * CpuState.RSP));
        code.writeBytes(bytes(0x48, 0x3b, 0x41, STACK));                   // cmp rax, [rcx + STACK]
        code.writeBytes(bytes(0x74, 0x2b));                                // je call
        code.writeBytes(bytes(0x48, 0x3b, 0x41, LOWEST));                  // cmp rax, [rcx + LOWEST]
        code.writeBytes(bytes(0x73, 0x0a));                                // jae notLower
        code.writeBytes(bytes(0x48, 0x3b, 0x41, FLOOR));                   // cmp rax, [rcx + FLOOR]
        code.writeBytes(bytes(0x72, 0x04));                                // jb notLower
        code.writeBytes(bytes(0x48, 0x89, 0x41, LOWEST));                  // mov [rcx + LOWEST], rax
        code.writeBytes(bytes(0xf7, 0xc2));                                // notLower: test edx, RF
        code.writeBytes(word(CpuState.RF));
        code.writeBytes(bytes(0x75, 0x07));                                // jnz endFlag
        code.writeBytes(bytes(0x80, 0x79, STOPPING, 0));                   // leave: cmp byte [rcx + STOPPING], 0
        code.writeBytes(bytes(0x75, 0x14));                                // jne check
        code.writeBytes(bytes(0xc3));                                      // ret
        code.writeBytes(bytes(0x81, 0xa5));                                // endFlag: and dword [rbp + EFLAGS], ~RF
        code.writeBytes(word(CpuState.EFLAGS));
        code.writeBytes(word(~CpuState.RF));
        code.writeBytes(bytes(0xeb, 0xed));                                // jmp leave
        code.writeBytes(bytes(0x51));                                      // call: push rcx
        code.writeBytes(bytes(0xff, 0x51, UPCALL));                        // call [rcx + UPCALL]
        code.writeBytes(bytes(0x59));                                      // pop rcx
        code.writeBytes(bytes(0xeb, 0xe6));                                // jmp leave
        code.writeBytes(bytes(0x48, 0x8b, 0x79, ENGINE));                  // check: mov rdi, [rcx + ENGINE]
        code.writeBytes(bytes(0x31, 0xf6));                                // xor esi, esi
        code.writeBytes(bytes(0xff, 0x61, CHECK_EXIT));                    // jmp [rcx + CHECK_EXIT]
        code.writeBytes(bytes(0xc3));                                      // ret
        return new Code(code.toByteArray(), slow);
    }

    /** AAPCS64 call: X0 engine, X1 address, W2 size, X3 cells. */
    private static byte[] aarch64() {
        return words(
                0x2a0203e2,                                                // mov w2, w2
                0xaa014041,                                                // orr x1, x2, x1, lsl #SIZE_BITS
                0xf9000061 | BLOCK / 8 << 10,                              // str x1, [x3, #BLOCK]
                0xf9400064,                                                // ldr x4, [x3, #OVER]
                0xab020084,                                                // adds x4, x4, x2
                0xf9000064,                                                // str x4, [x3, #OVER]
                0x54000085,                                                // b.pl past
                0xb9400266 | CpuState.EFLAGS / 4 << 10,                    // go: ldr w6, [x19, #EFLAGS]
                0x378002e6,                                                // tbnz w6, #16, end
                0xd65f03c0,                                                // ret
                0xf9000073 | STATE / 8 << 10,                              // past: str x19, [x3, #STATE]
                0xf9400065 | HARD / 8 << 10,                               // ldr x5, [x3, #HARD]
                0xeb05009f,                                                // cmp x4, x5
                0x5400020a,                                                // b.ge call
                0xb9400266 | CpuState.EFLAGS / 4 << 10,                    // ldr w6, [x19, #EFLAGS]
                0xb9400065 | FLAGS / 4 << 10,                              // ldr w5, [x3, #FLAGS]
                0x6a0500df,                                                // tst w6, w5
                0x54000181,                                                // b.ne call
                0xf9400264 | (CpuState.REGS / 8 + CpuState.RSP) << 10,     // ldr x4, [x19, #RSP]
                0xf9400065 | LOWEST / 8 << 10,                             // ldr x5, [x3, #LOWEST]
                0xeb05009f,                                                // cmp x4, x5
                0x540000a2,                                                // b.hs notLower
                0xf9400065 | FLOOR / 8 << 10,                              // ldr x5, [x3, #FLOOR]
                0xeb05009f,                                                // cmp x4, x5
                0x54000043,                                                // b.lo notLower
                0xf9000064 | LOWEST / 8 << 10,                             // str x4, [x3, #LOWEST]
                0xf9400065 | STACK / 8 << 10,                              // notLower: ldr x5, [x3, #STACK]
                0xeb05009f,                                                // cmp x4, x5
                0x54fffd61,                                                // b.ne go
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
