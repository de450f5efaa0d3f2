package trapframe.capstone;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An instruction with its operands.
 *
 * @param locked whether it has a LOCK prefix
 */
public record DecodedInstruction(Instruction instruction, boolean locked, List<Operand> operands) {
    private static final String LOCK = "lock ";
    private static final Set<String> EXCHANGING = Set.of("xchg", "cmpxchg", "xadd");

    public long address() {
        return instruction.address();
    }

    public int length() {
        return instruction.length();
    }

    /** The mnemonic without LOCK. */
    public String operation() {
        return locked && instruction.mnemonic().startsWith(LOCK) ? instruction.mnemonic().substring(LOCK.length()) : instruction.mnemonic();
    }

    /** The operand in memory, if there is one, but for LEA and NOP, which do not touch it. */
    public Optional<Operand.Memory> memory() {
        return operation().equals("lea") || operation().equals("nop") ? Optional.empty()
                : operands.stream().filter(Operand.Memory.class::isInstance).map(Operand.Memory.class::cast).findFirst();
    }

    /**
     * Whether it reads and writes memory as one access, as locks are taken: with LOCK, or XCHG (SDM vol. 3A, 8.1.2.2). CMPXCHG and XADD count
     * without LOCK too, which kernels take away from them on a single processor.
     */
    public boolean isAtomic() {
        return memory().isPresent() && (locked || EXCHANGING.contains(operation()));
    }

    /** Whether it leads elsewhere, or may: a jump, a call or a return. */
    public boolean isTransfer() {
        String operation = operation();
        return operation.startsWith("j") || operation.startsWith("call") || operation.startsWith("ret") || operation.startsWith("iret")
                || operation.startsWith("sysret") || operation.startsWith("loop");
    }
}
