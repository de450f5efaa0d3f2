package trapframe.symbols;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Recognises what a processor in 64-bit mode pushes when it takes an interrupt or exception: RIP, CS, RFLAGS, RSP, SS (SDM vol. 3A,
 * 6.14.2). Most kernels push the other registers below it and have a structure for the whole; if the debug information knows one that ends
 * like that, it tells where they are.
 */
final class InterruptFrames {
    private static final int WORD = Long.BYTES;
    private static final int WORDS = 5;
    private static final int CS = 1;
    private static final int FLAGS = 2;
    private static final int SP = 3;
    private static final int SS = 4;
    /** Bit 1 is always set (SDM vol. 1, figure 3-8). */
    private static final long FLAGS_ONE = 1 << 1;
    private static final long FLAGS_ZERO = ~0x3f_7fd7L;
    private static final int RPL = 3;
    private static final int TABLE_INDICATOR = 1 << 2;
    private static final int MAX_SELECTOR = 0xffff;
    /** The greatest address of the lower half of 48-bit linear addresses. */
    private static final long USER_END = 0x7fff_ffff_ffffL;
    /** What kernels call their structure. */
    private static final List<String> STRUCTURES = List.of("trap_frame", "trapframe", "pt_regs", "TrapFrame", "interrupt_frame",
            "InterruptFrame", "registers", "regs", "cpu_state");

    private final KernelSymbols symbols;
    private final MemoryView memory;
    private Optional<Type.Struct> structure;

    InterruptFrames(KernelSymbols symbols, MemoryView memory) {
        this.symbols = symbols;
        this.memory = memory;
    }

    /**
     * Whether words on a stack can be such a frame.
     *
     * @param words    the stack's, of which at least five follow the index
     * @param address  of the first of the five
     */
    boolean isFrame(long[] words, int index, long address) {
        long cs = words[index + CS];
        long ss = words[index + SS];
        long flags = words[index + FLAGS];
        int ring = (int) cs & RPL;
        if (cs <= RPL || cs > MAX_SELECTOR || (cs & TABLE_INDICATOR) != 0 || ring != 0 && ring != RPL
                || (flags & FLAGS_ONE) == 0 || (flags & FLAGS_ZERO) != 0 || ss < 0 || ss > MAX_SELECTOR || (ss & RPL) != ring) {
            return false;
        }
        long rip = words[index];
        long sp = words[index + SP];
        if (ring == RPL) {
            return Long.compareUnsigned(rip, USER_END) <= 0 && Long.compareUnsigned(sp, USER_END) <= 0;
        }
        // Without a stack of its own the interrupt's frame lies right below what was interrupted, aligned to 16 bytes.
        long behind = address + WORDS * WORD;
        boolean isSameStack = sp - behind >= 0 && sp - behind < 2 * WORD;
        return symbols.isCode(rip) && (isSameStack || sp % WORD == 0 && memory.read(sp, WORD).length == WORD);
    }

    /** The registers of what was interrupted, as far as they can be found. */
    FrameRegisters registers(long[] words, int index, long address, FrameRegisters handler) {
        FrameRegisters found = FrameRegisters.of(words[index], words[index + SP]);
        Optional<Type.Struct> layout = structure();
        if (layout.isEmpty()) {
            // Few entries change RBP before they call.
            return handler.get(FrameRegisters.RBP).isPresent() ? found.with(FrameRegisters.RBP, handler.get(FrameRegisters.RBP).getAsLong())
                    : found;
        }
        long base = address - offset(layout.get(), FrameRegisters.RIP).orElseThrow();
        for (int register = 0; register < FrameRegisters.COUNT; register++) {
            boolean isPushed = register == FrameRegisters.RIP || register == FrameRegisters.RSP;
            Optional<Long> at = isPushed ? Optional.empty() : offset(layout.get(), register);
            OptionalLong value = at.isEmpty() ? OptionalLong.empty() : saved(base + at.get(), register, handler);
            found = value.isPresent() ? found.with(register, value.getAsLong()) : found;
        }
        return found;
    }

    /** What is not pushed yet, or no longer, is still in its register. */
    private OptionalLong saved(long at, int register, FrameRegisters handler) {
        if (Long.compareUnsigned(at, handler.rsp()) < 0) {
            return handler.get(register);
        }
        return memory.read(at, WORD).length == WORD ? OptionalLong.of(memory.number(at, WORD)) : OptionalLong.empty();
    }

    private Optional<Type.Struct> structure() {
        if (structure == null) {
            structure = STRUCTURES.stream().map(name -> symbols.type("struct " + name)).flatMap(Optional::stream)
                    .filter(Type.Struct.class::isInstance).map(Type.Struct.class::cast).filter(InterruptFrames::endsAsPushed).findFirst();
        }
        return structure;
    }

    private static boolean endsAsPushed(Type.Struct struct) {
        return offset(struct, FrameRegisters.RIP).filter(rip -> rip + WORDS * WORD == struct.size()
                && offset(struct, FrameRegisters.RSP).filter(sp -> sp == rip + SP * WORD).isPresent()).isPresent();
    }

    private static Optional<Long> offset(Type.Struct struct, int register) {
        return struct.members().stream().filter(member -> member.name().filter(name -> FrameRegisters.numberOf(name) == register).isPresent())
                .map(Type.Member::offset).findFirst();
    }
}
