package trapframe.symbols;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The registers of a function that has not ended yet: those of the processor, or what a caller's were when it called. Of the latter some
 * may be lost. Numbers are those of the psABI for AMD64, figure 3.36, with RIP as the return address.
 */
public final class FrameRegisters {
    static final int RAX = 0;
    static final int RDX = 1;
    static final int RCX = 2;
    static final int RBX = 3;
    static final int RSI = 4;
    static final int RDI = 5;
    static final int RBP = 6;
    static final int RSP = 7;
    static final int R8 = 8;
    static final int R12 = 12;
    static final int R15 = 15;
    static final int RIP = 16;
    static final int COUNT = 17;

    private static final String[] NAMES = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
        "r14", "r15", "rip"};
    /** In the order in which instructions number them (SDM vol. 2A, table 2-2). */
    private static final int[] ENCODING = {RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI};

    private final long[] values;
    private final boolean[] known;

    private FrameRegisters(long[] values, boolean[] known) {
        this.values = values;
        this.known = known;
    }

    /**
     * The registers of a processor.
     *
     * @param registers RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
     */
    public static FrameRegisters of(long rip, long... registers) {
        long[] values = new long[COUNT];
        for (int i = 0; i < ENCODING.length; i++) {
            values[ENCODING[i]] = registers[i];
        }
        System.arraycopy(registers, R8, values, R8, R15 - R8 + 1);
        values[RIP] = rip;
        boolean[] known = new boolean[COUNT];
        Arrays.fill(known, true);
        return new FrameRegisters(values, known);
    }

    /** A frame of which only this is known. */
    static FrameRegisters of(long rip, long rsp) {
        return new FrameRegisters(new long[COUNT], new boolean[COUNT]).with(RIP, rip).with(RSP, rsp);
    }

    /** What a kernel saved of a task's registers, by name; empty unless RIP and RSP are among them. */
    public static Optional<FrameRegisters> saved(Map<String, Long> registers) {
        FrameRegisters saved = new FrameRegisters(new long[COUNT], new boolean[COUNT]);
        for (Map.Entry<String, Long> register : registers.entrySet()) {
            saved = saved.with(numberOf(register.getKey()), register.getValue());
        }
        return saved.known[RIP] && saved.known[RSP] ? Optional.of(saved) : Optional.empty();
    }

    /** Whether kernels call a register of these so: rax, and ax or eax too; pc. */
    public static boolean isName(String name) {
        return numberOf(name) >= 0;
    }

    /** Whether that is a name of RSP. */
    public static boolean isStackPointer(String name) {
        return numberOf(name) == RSP;
    }

    /** Whether that is a name of RIP. */
    public static boolean isInstructionPointer(String name) {
        return numberOf(name) == RIP;
    }

    /** The number of a register that a kernel's sources call so, -1 if that is no name of one. */
    static int numberOf(String name) {
        boolean isShort = name.length() == 2 && name.charAt(0) != 'r';
        boolean isOld = name.length() == 3 && name.charAt(0) == 'e';
        String full = name.equals("pc") ? "rip" : isShort ? "r" + name : isOld ? "r" + name.substring(1) : name;
        return Arrays.asList(NAMES).indexOf(full);
    }

    FrameRegisters with(int number, long value) {
        long[] newValues = values.clone();
        boolean[] newKnown = known.clone();
        newValues[number] = value;
        newKnown[number] = true;
        return new FrameRegisters(newValues, newKnown);
    }

    FrameRegisters without(int number) {
        boolean[] newKnown = known.clone();
        newKnown[number] = false;
        return new FrameRegisters(values, newKnown);
    }

    /** Where the function goes on; for a caller where the call returns to. */
    public long rip() {
        return values[RIP];
    }

    /** The stack pointer. */
    public long rsp() {
        return values[RSP];
    }

    OptionalLong get(int number) {
        return number >= 0 && number < COUNT && known[number] ? OptionalLong.of(values[number]) : OptionalLong.empty();
    }

    /** A register by its name in lower case, empty if its value is lost. */
    public OptionalLong get(String name) {
        return get(Arrays.asList(NAMES).indexOf(name));
    }

    static String name(int number) {
        return number >= 0 && number < COUNT ? NAMES[number] : "number " + number;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < COUNT; i++) {
            if (known[i]) {
                text.append(text.isEmpty() ? "" : " ").append(NAMES[i]).append('=').append(Names.hex(values[i]));
            }
        }
        return text.toString();
    }
}
