package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The place in a translated block where the engine calls the block hook, and behind it its own check for a stop. On
 * x86-64 hosts the two calls, which cost up to half of the engine's speed, give way to the {@link BlockCounter}'s few
 * instructions:
 *
 * <pre>
 *   mov rdi, engine        mov rcx, cells
 *   mov rsi, start         mov rdx, start and size
 *   mov edx, size          mov [rcx + BLOCK], rdx
 *   mov rcx, cells         add qword [rcx + OVER], size
 *   call hook              jns slow
 *   mov rdi, engine        test byte [rbp + EFLAGS + 2], RF
 *   xor esi, esi           jz end
 *   call check             slow: call [rcx + SLOW]
 *                          end:
 * </pre>
 *
 * <p>The return address of the second call stays the same: the engine looks it up to know which instruction it is at.
 * A place that looks different in any byte is left alone.
 */
final class BlockSite {
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int REX_W = 0x48;
    private static final int MOV_IMMEDIATE = 0xb8;
    private static final int MOV_SIGN_EXTENDED = 0xc7;
    private static final int LEA = 0x8d;
    private static final int XOR = 0x33;
    private static final int CALL_RELATIVE = 0xe8;
    private static final int CALL_INDIRECT = 0xff;
    private static final int RIP_RELATIVE = 0x05;
    private static final int[] LOAD_LENGTHS = {2, 5, 7, 10};
    private static final int[] CALL_LENGTHS = {5, 6};
    private static final long NOWHERE = 0;

    private final long begin;
    private final long end;
    private final long checkExit;

    private BlockSite(long begin, long end, long checkExit) {
        this.begin = begin;
        this.end = end;
        this.checkExit = checkExit;
    }

    /** What the engine passes to a block hook, and where the hook is. */
    record Call(long engine, long start, int size, long cells, long hook) { }

    /**
     * Recognises the place by the address that the hook returns to.
     *
     * @return null if it does not look as expected
     */
    static BlockSite at(long returnAddress, Call call) {
        long at = beforeCall(returnAddress, call.hook);
        at = beforeLoad(at, RCX, call.cells);
        at = beforeLoad(at, RDX, call.size);
        at = beforeLoad(at, RSI, call.start);
        long begin = beforeLoad(at, RDI, call.engine);
        long check = behindLoad(behindLoad(returnAddress, RDI, call.engine), RSI, 0);
        if (begin == NOWHERE || check == NOWHERE || callLength(check) == 0) {
            return null;
        }
        return new BlockSite(begin, check + callLength(check), target(check));
    }

    /** The first byte behind the place. */
    long end() {
        return end;
    }

    /** The engine's function that the second call is of. */
    long checkExit() {
        return checkExit;
    }

    /** Puts the counter's instructions there. Returns false if they do not fit, and changes nothing. */
    boolean rewrite(Call call) {
        byte[] code = counting(call);
        if (code == null) {
            return false;
        }
        MemorySegment.copy(code, 0, HostMemory.ALL, JAVA_BYTE, begin, code.length);
        return true;
    }

    private byte[] counting(Call call) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        load(code, RCX, call.cells);
        load(code, RDX, BlockCounter.block(call.start, call.size));
        write(code, REX_W, 0x89, 0x51, BlockCounter.BLOCK);                              // mov [rcx + BLOCK], rdx
        if (call.size <= Byte.MAX_VALUE) {
            write(code, REX_W, 0x83, 0x01, call.size);                                   // add qword [rcx + OVER], size
        } else {
            write(code, REX_W, 0x81, 0x01);
            writeWord(code, call.size);
        }
        int slow = (int) (end - begin) - 3;
        int rest = slow - code.size() - 11;
        if (rest < 0) {
            return null;
        }
        write(code, 0x79, rest + 9);                                                     // jns slow
        write(code, 0xf6, 0x85);                                                         // test byte [rbp + EFLAGS + 2], RF
        writeWord(code, CpuState.EFLAGS + 2);
        write(code, CpuState.RF >> 16);
        write(code, 0x74, rest + 3);                                                     // jz end
        for (int i = 0; i < rest; i++) {
            write(code, 0x90);
        }
        write(code, 0xff, 0x51, BlockCounter.SLOW);                                      // slow: call [rcx + SLOW]
        return code.toByteArray();
    }

    /** Loads a constant in the shortest of the ways in which the engine does. */
    private void load(ByteArrayOutputStream code, int register, long value) {
        long fromRip = value - (begin + code.size() + 7);
        if (value >>> 32 == 0) {
            write(code, MOV_IMMEDIATE + register);
            writeWord(code, value);
        } else if (fromRip == (int) fromRip) {
            write(code, REX_W, LEA, RIP_RELATIVE + 8 * register);
            writeWord(code, fromRip);
        } else {
            write(code, REX_W, MOV_IMMEDIATE + register);
            writeWord(code, value);
            writeWord(code, value >> 32);
        }
    }

    /** The address of the instruction that loads a constant and ends at an address. */
    private static long beforeLoad(long end, int register, long value) {
        for (int length : LOAD_LENGTHS) {
            if (end != NOWHERE && isLoad(end - length, length, register, value)) {
                return end - length;
            }
        }
        return NOWHERE;
    }

    /** The address behind the instruction that loads a constant and is at an address. */
    private static long behindLoad(long at, int register, long value) {
        for (int length : LOAD_LENGTHS) {
            if (at != NOWHERE && isLoad(at, length, register, value)) {
                return at + length;
            }
        }
        return NOWHERE;
    }

    private static boolean isLoad(long at, int length, int register, long value) {
        return switch (length) {
            case 2 -> value == 0 && is(at, XOR, 0xc0 + 9 * register);
            case 5 -> is(at, MOV_IMMEDIATE + register) && (word(at + 1) & 0xffff_ffffL) == value;
            case 7 -> is(at, REX_W, MOV_SIGN_EXTENDED, 0xc0 + register) && word(at + 3) == value
                    || is(at, REX_W, LEA, RIP_RELATIVE + 8 * register) && at + 7 + word(at + 3) == value;
            default -> is(at, REX_W, MOV_IMMEDIATE + register) && quadword(at + 2) == value;
        };
    }

    private static long beforeCall(long end, long target) {
        for (int length : CALL_LENGTHS) {
            if (callLength(end - length) == length && target(end - length) == target) {
                return end - length;
            }
        }
        return NOWHERE;
    }

    /** 0 if there is no call. */
    private static int callLength(long at) {
        return is(at, CALL_RELATIVE) ? 5 : is(at, CALL_INDIRECT, 0x10 + RIP_RELATIVE) ? 6 : 0;
    }

    private static long target(long at) {
        return is(at, CALL_RELATIVE) ? at + 5 + word(at + 1) : quadword(at + 6 + word(at + 2));
    }

    private static boolean is(long at, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if ((HostMemory.ALL.get(JAVA_BYTE, at + i) & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static int word(long at) {
        return HostMemory.ALL.get(JAVA_INT_UNALIGNED, at);
    }

    private static long quadword(long at) {
        return HostMemory.ALL.get(JAVA_LONG_UNALIGNED, at);
    }

    private static void write(ByteArrayOutputStream code, int... bytes) {
        for (int value : bytes) {
            code.write(value);
        }
    }

    private static void writeWord(ByteArrayOutputStream code, long value) {
        code.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    }
}
