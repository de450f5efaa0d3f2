package trapframe.diagnose.flow;

import java.util.List;

/**
 * An instruction that was executed, or an interrupt or exception that was delivered: then the registers are those behind it.
 *
 * @param cpu          number of the one that did
 * @param rip          linear address
 * @param codePhysical physical address of its first byte
 * @param registers    before it: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 * @param flags        RFLAGS before it
 * @param operand      its access to a memory operand, or null
 * @param stack        its access to the stack, or the second one of a string instruction, or null
 * @param poll         its access to a device, if that changes nothing, or null
 */
public record Step(int cpu, long rip, long codePhysical, Decoded decoded, long[] registers, int flags, Access operand, Access stack, Poll poll) {
    public int length() {
        return decoded.length();
    }

    /** Whether it does nothing but let time pass until an interrupt. */
    public boolean isHalt() {
        return decoded.kind() == Decoded.Kind.HALT;
    }

    /** Whether it is no instruction, but the delivery of an interrupt or exception. */
    public boolean isDelivery() {
        return decoded.kind() == Decoded.Kind.DELIVERY;
    }

    /** Whether it goes back from an interrupt or exception. */
    public boolean isInterruptReturn() {
        return decoded.kind() == Decoded.Kind.INTERRUPT_RETURN;
    }

    /** Its accesses to memory. */
    public List<Access> accesses() {
        return operand == null ? stack == null ? List.of() : List.of(stack) : stack == null ? List.of(operand) : List.of(operand, stack);
    }

    /** Whether one of its accesses loads an operand that is in memory. */
    boolean loads(Access access) {
        return (access == operand || decoded.kind() == Decoded.Kind.STRING) && reads(access) && poll == null;
    }

    /** Whether one of its accesses reads what is there. */
    boolean reads(Access access) {
        return access == operand && decoded.kind() != Decoded.Kind.STRING ? decoded.reads().stream().anyMatch(Operand.Memory.class::isInstance) : !access.write();
    }
}
