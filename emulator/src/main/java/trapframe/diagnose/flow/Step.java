package trapframe.diagnose.flow;

import java.util.List;

/**
 * An instruction that was executed.
 *
 * @param cpu          number of the one that did
 * @param rip          linear address
 * @param codePhysical physical address of its first byte
 * @param registers    before it: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 * @param flags        RFLAGS before it
 * @param operand      its access to a memory operand, or null
 * @param stack        its access to the stack, or null
 */
public record Step(int cpu, long rip, long codePhysical, Decoded decoded, long[] registers, int flags, Access operand, Access stack) {
    public int length() {
        return decoded.length();
    }

    /** Whether it does nothing but let time pass until an interrupt. */
    public boolean isHalt() {
        return decoded.kind() == Decoded.Kind.HALT;
    }

    /** Its accesses to memory. */
    public List<Access> accesses() {
        return operand == null ? stack == null ? List.of() : List.of(stack) : stack == null ? List.of(operand) : List.of(operand, stack);
    }
}
