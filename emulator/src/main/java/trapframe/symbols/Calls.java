package trapframe.symbols;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Looks at machine code for what calls and what makes a frame (SDM vol. 2A, "CALL"; psABI, 3.2.2). */
final class Calls {
    /** What code may do before an address that a call returns to; what fits a caller best comes first. */
    enum Before {
        /** A call of the function that was asked for. */
        CALL_OF_FUNCTION,
        /** A call of whatever a register or a cell holds. */
        INDIRECT_CALL,
        /** A call of another function, which may have jumped to this one. */
        OTHER_CALL,
        NO_CALL
    }

    private static final int CALL_REL32 = 0xe8;
    private static final int REL32_LENGTH = 5;
    private static final int GROUP5 = 0xff;
    private static final int GROUP5_CALL = 2;
    private static final int LONGEST_INDIRECT = 7;
    private static final byte[] ENDBR64 = {(byte) 0xf3, 0x0f, 0x1e, (byte) 0xfa};
    private static final int PUSH_RBP = 0x55;
    private static final int RET = 0xc3;
    private static final byte REX_W = 0x48;
    private static final byte IRET = (byte) 0xcf;
    /** Entry code is short. */
    private static final int SEARCHED = 256;
    private static final byte[] MOV_RBP_RSP = {0x48, (byte) 0x89, (byte) 0xe5};

    private final MemoryView memory;

    Calls(MemoryView memory) {
        this.memory = memory;
    }

    Before before(long returnAddress, long function) {
        byte[] code = memory.read(returnAddress - LONGEST_INDIRECT, LONGEST_INDIRECT);
        if (code.length < LONGEST_INDIRECT) {
            return Before.NO_CALL;
        }
        if ((code[LONGEST_INDIRECT - REL32_LENGTH] & 0xff) == CALL_REL32) {
            long target = returnAddress + (int) memory.number(returnAddress - Integer.BYTES, Integer.BYTES);
            return target == function ? Before.CALL_OF_FUNCTION : Before.OTHER_CALL;
        }
        // FF /2 with a ModRM byte, and as much as that asks for: SIB, displacement.
        for (int length = 2; length <= LONGEST_INDIRECT; length++) {
            int at = LONGEST_INDIRECT - length;
            if ((code[at] & 0xff) == GROUP5 && (code[at + 1] >>> 3 & 7) == GROUP5_CALL && length == lengthWith(code[at + 1] & 0xff,
                    length > 2 ? code[at + 2] : 0)) {
                return Before.INDIRECT_CALL;
            }
        }
        return Before.NO_CALL;
    }

    /** The length of FF with a ModRM and, if that asks for one, a SIB byte (SDM vol. 2A, 2.1.5). */
    private static int lengthWith(int modrm, int sib) {
        int mod = modrm >>> 6;
        int rm = modrm & 7;
        boolean hasSib = mod != 3 && rm == 4;
        int displacement = switch (mod) {
            case 0 -> rm == 5 || hasSib && (sib & 7) == 5 ? 4 : 0;
            case 1 -> 1;
            case 2 -> 4;
            default -> 0;
        };
        return 2 + (hasSib ? 1 : 0) + displacement;
    }

    /** How many bytes of a function are executed before it has a frame record that RBP points to; -1 if it makes none at its start. */
    int prologueLength(long function) {
        byte[] code = memory.read(function, ENDBR64.length + 1 + MOV_RBP_RSP.length);
        int at = startsWith(code, 0, ENDBR64) ? ENDBR64.length : 0;
        return code.length > at && code[at] == PUSH_RBP && startsWith(code, at + 1, MOV_RBP_RSP) ? at + 1 + MOV_RBP_RSP.length : -1;
    }

    /**
     * How far above RSP the return address is at a place where no frame record holds it yet, or any more: at the start of a function, before
     * and behind its PUSH of RBP, and at RET. Empty at other places.
     */
    OptionalInt returnAddressAt(long rip, long function) {
        byte[] code = memory.read(rip, 1);
        if (rip == function || code.length > 0 && (code[0] & 0xff) == RET) {
            return OptionalInt.of(0);
        }
        int prologue = prologueLength(function);
        long into = rip - function;
        if (prologue < 0 || into < 0 || into >= prologue) {
            return OptionalInt.empty();
        }
        boolean pushed = into == prologue - MOV_RBP_RSP.length;
        return OptionalInt.of(pushed ? Long.BYTES : 0);
    }

    /** Where the next IRETQ is from an address on; empty if none is near. */
    OptionalLong findIret(long from) {
        byte[] code = memory.read(from, SEARCHED);
        for (int i = 0; i + 1 < code.length; i++) {
            if (code[i] == REX_W && code[i + 1] == IRET) {
                return OptionalLong.of(from + i);
            }
        }
        return OptionalLong.empty();
    }

    private static boolean startsWith(byte[] code, int at, byte[] start) {
        return code.length >= at + start.length && Arrays.equals(code, at, at + start.length, start, 0, start.length);
    }
}
