package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import trapframe.x86.CodeSize;

/**
 * The engine's CPU state in place (CPUX86State of libunicorn 2.1.4). {@link EngineLayout} checks every offset that
 * is used here before a machine runs.
 *
 * <p>Arithmetic flags are lazy in the engine: read RFLAGS through {@link Engine#rflags}, and only the flags that are
 * always kept (IF, TF, IOPL, NT, RF, VM, AC) from {@link #eflags}.
 */
public final class CpuState {
    public static final int TF = 1 << 8;
    public static final int IF = 1 << 9;
    public static final int IOPL = 3 << 12;
    public static final int NT = 1 << 14;
    public static final int RF = 1 << 16;
    public static final int VM = 1 << 17;
    public static final int AC = 1 << 18;

    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;
    public static final int R11 = 11;

    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    public static final int HFLAGS_CPL = 3;
    /** Interrupts are held off for one instruction, by STI or a load of SS. */
    public static final int HFLAGS_SHADOW = 1 << 3;
    public static final int HFLAGS_CS32 = 1 << 4;
    public static final int HFLAGS_SS32 = 1 << 5;
    public static final int HFLAGS_ADDSEG = 1 << 6;
    public static final int HFLAGS_PE = 1 << 7;
    public static final int HFLAGS_LMA = 1 << 14;
    public static final int HFLAGS_CS64 = 1 << 15;
    /**
     * The engine takes the guest for one in a virtual machine (AMD SVM), so that the instructions of
     * {@link #setIntercepts} come back as interrupts {@link #INTERCEPT} + exit code, before they do anything.
     */
    public static final int HFLAGS_GUEST = 1 << 21;
    /** In {@link #hflags2}: NMIs are blocked until the next IRET. */
    public static final int HFLAGS2_NMI = 1 << 2;

    /** First number of the interrupts that stand for intercepted instructions; exit codes as in AMD's APM, vol. 2, C. */
    public static final int INTERCEPT = 0x100;
    public static final int INTERCEPT_READ_CR = 0;
    public static final int INTERCEPT_WRITE_CR = 0x10;
    public static final int INTERCEPT_READ_DR = 0x20;
    public static final int INTERCEPT_WRITE_DR = 0x30;
    public static final int INTERCEPT_MSR = 0x7c;
    private static final int INTERCEPT_FIRST = 0x60;

    static final int REGS = 0;
    static final int EIP = 128;
    static final int EFLAGS = 136;
    static final int HFLAGS = 176;
    static final int HFLAGS2 = 180;
    static final int SEGS = 184;
    static final int SEGMENT_BYTES = 24;
    static final int LDT = 328;
    static final int TR = 352;
    static final int GDT = 376;
    static final int IDT = 400;
    static final int CR0 = 424;
    static final int SYSENTER_CS = 4800;
    static final int SYSENTER_ESP = 4808;
    static final int EFER = 592;
    static final int STAR = 4824;
    static final int LSTAR = 4840;
    static final int FMASK = 4856;
    static final int KERNEL_GS_BASE = 4864;
    static final int TSC_AUX = 4896;
    static final int ERROR_CODE = 5384;
    static final int EXCEPTION_IS_INT = 5388;
    static final int DR0 = 5400;
    /** Pointers into the engine's list of breakpoints, one for each of DR0 to DR3: {@link InstructionBreakpoints}. */
    static final int BREAKPOINTS = DR0 + 64;
    static final int BREAKPOINTS_END = BREAKPOINTS + 32;
    static final int OLD_EXCEPTION = 5496;
    static final int VMCB = 5504;
    static final int INTERCEPTS = 5520;
    static final int INTERCEPT_CR_READ = 5528;
    static final int INTERCEPT_CR_WRITE = 5530;
    static final int INTERCEPT_DR_READ = 5532;
    static final int INTERCEPT_DR_WRITE = 5534;
    static final int FEATURES = 5632;
    /** All of the state up to here is saved and restored as one piece. */
    static final int SAVED_BYTES = 5568;
    static final int BYTES = 6144;

    /** CR0, CR3, CR4, EFER, DR0 to DR3, DR7. */
    private static final int[] TRANSLATING = {CR0, CR0 + 24, CR0 + 32, EFER, DR0, DR0 + 8, DR0 + 16, DR0 + 24, DR0 + 56};

    private final MemorySegment env;

    CpuState(MemorySegment env) {
        this.env = env;
    }

    MemorySegment env() {
        return env;
    }

    public long register(int number) {
        return env.get(JAVA_LONG, REGS + 8L * number);
    }

    public void setRegister(int number, long value) {
        env.set(JAVA_LONG, REGS + 8L * number, value);
    }

    /** The offset in CS of the next instruction; the linear address is {@link #linearRip}. */
    public long rip() {
        return env.get(JAVA_LONG, EIP);
    }

    public void setRip(long rip) {
        env.set(JAVA_LONG, EIP, rip);
    }

    /** CS base plus RIP, as wide as the mode makes it. */
    public long linearRip() {
        return is64Bit() ? rip() : rip() + segmentBase(CS) & 0xffff_ffffL;
    }

    /** The next instruction is at a linear address. */
    public void setLinearRip(long linear) {
        setRip(is64Bit() ? linear : linear - segmentBase(CS) & 0xffff_ffffL);
    }

    /** The flags that are always current: all but CF, PF, AF, ZF, SF, OF and DF. */
    public int eflags() {
        return env.get(JAVA_INT, EFLAGS);
    }

    public void setEflags(int eflags) {
        env.set(JAVA_INT, EFLAGS, eflags);
    }

    public int hflags() {
        return env.get(JAVA_INT, HFLAGS);
    }

    public void setHflags(int hflags) {
        env.set(JAVA_INT, HFLAGS, hflags);
    }

    public int hflags2() {
        return env.get(JAVA_INT, HFLAGS2);
    }

    public void setHflags2(int hflags2) {
        env.set(JAVA_INT, HFLAGS2, hflags2);
    }

    public int cpl() {
        return hflags() & HFLAGS_CPL;
    }

    /** Whether the CPU runs 64-bit code: long mode, with CS.L set. */
    public boolean is64Bit() {
        return (hflags() & HFLAGS_CS64) != 0;
    }

    /** The size of the code that runs. */
    public CodeSize codeSize() {
        return is64Bit() ? CodeSize.BITS_64 : (hflags() & HFLAGS_CS32) != 0 ? CodeSize.BITS_32 : CodeSize.BITS_16;
    }

    public boolean isLongMode() {
        return (hflags() & HFLAGS_LMA) != 0;
    }

    public boolean isProtectedMode() {
        return (hflags() & HFLAGS_PE) != 0;
    }

    public int selector(int segment) {
        return env.get(JAVA_INT, segment(segment));
    }

    public long segmentBase(int segment) {
        return env.get(JAVA_LONG, segment(segment) + 8);
    }

    public long segmentLimit(int segment) {
        return env.get(JAVA_INT, segment(segment) + 16) & 0xffff_ffffL;
    }

    /** The second word of the descriptor, where the attributes have the places that the manual gives them. */
    public int segmentFlags(int segment) {
        return env.get(JAVA_INT, segment(segment) + 20);
    }

    public void setSegment(int segment, int selector, long base, long limit, int flags) {
        setTable(segment(segment), selector, base, limit, flags);
    }

    public long gdtBase() {
        return env.get(JAVA_LONG, GDT + 8);
    }

    public int gdtLimit() {
        return env.get(JAVA_INT, GDT + 16);
    }

    public void setGdt(long base, int limit) {
        setTable(GDT, 0, base, limit, 0);
    }

    public long idtBase() {
        return env.get(JAVA_LONG, IDT + 8);
    }

    public int idtLimit() {
        return env.get(JAVA_INT, IDT + 16);
    }

    public void setIdt(long base, int limit) {
        setTable(IDT, 0, base, limit, 0);
    }

    public int ldtSelector() {
        return env.get(JAVA_INT, LDT);
    }

    public long ldtBase() {
        return env.get(JAVA_LONG, LDT + 8);
    }

    public long ldtLimit() {
        return env.get(JAVA_INT, LDT + 16) & 0xffff_ffffL;
    }

    public void setLdt(int selector, long base, long limit, int flags) {
        setTable(LDT, selector, base, limit, flags);
    }

    public int taskSelector() {
        return env.get(JAVA_INT, TR);
    }

    public long taskBase() {
        return env.get(JAVA_LONG, TR + 8);
    }

    public long taskLimit() {
        return env.get(JAVA_INT, TR + 16) & 0xffff_ffffL;
    }

    public int taskFlags() {
        return env.get(JAVA_INT, TR + 20);
    }

    public void setTask(int selector, long base, long limit, int flags) {
        setTable(TR, selector, base, limit, flags);
    }

    public long control(int number) {
        return env.get(JAVA_LONG, CR0 + 8L * number);
    }

    /** Writes the value only; derived state follows when the caller sets {@link #setHflags}. */
    public void setControl(int number, long value) {
        env.set(JAVA_LONG, CR0 + 8L * number, value);
    }

    public long efer() {
        return env.get(JAVA_LONG, EFER);
    }

    public void setEfer(long efer) {
        env.set(JAVA_LONG, EFER, efer);
    }

    public long star() {
        return env.get(JAVA_LONG, STAR);
    }

    public long lstar() {
        return env.get(JAVA_LONG, LSTAR);
    }

    public long cstar() {
        return env.get(JAVA_LONG, LSTAR + 8);
    }

    public long syscallMask() {
        return env.get(JAVA_LONG, FMASK);
    }

    public long kernelGsBase() {
        return env.get(JAVA_LONG, KERNEL_GS_BASE);
    }

    public int sysenterCs() {
        return env.get(JAVA_INT, SYSENTER_CS);
    }

    public long sysenterEsp() {
        return env.get(JAVA_LONG, SYSENTER_ESP);
    }

    public long sysenterEip() {
        return env.get(JAVA_LONG, SYSENTER_ESP + 8);
    }

    public long tscAux() {
        return env.get(JAVA_LONG, TSC_AUX);
    }

    /** The error code of the exception that the engine raised last. */
    public int errorCode() {
        return env.get(JAVA_INT, ERROR_CODE);
    }

    /** Whether the last interrupt came from INT n, INT3 or INTO. */
    public boolean isSoftwareInterrupt() {
        return env.get(JAVA_INT, EXCEPTION_IS_INT) != 0;
    }

    /**
     * The engine never forgets an exception by itself: it would make the next one a double fault, and move RIP behind
     * the last software interrupt at the next intercepted instruction.
     */
    public void forgetException() {
        env.set(JAVA_INT, OLD_EXCEPTION, -1);
        env.set(JAVA_INT, EXCEPTION_IS_INT, 0);
    }

    public long debug(int number) {
        return env.get(JAVA_LONG, DR0 + 8L * number);
    }

    public void setDebug(int number, long value) {
        env.set(JAVA_LONG, DR0 + 8L * number, value);
    }

    /**
     * Chooses what {@link #HFLAGS_GUEST} intercepts: accesses to control and debug registers, a bit a register, and
     * RDMSR and WRMSR of every number.
     */
    public void setIntercepts(int controlReads, int controlWrites, int debugReads, int debugWrites) {
        env.set(JAVA_SHORT, INTERCEPT_CR_READ, (short) controlReads);
        env.set(JAVA_SHORT, INTERCEPT_CR_WRITE, (short) controlWrites);
        env.set(JAVA_SHORT, INTERCEPT_DR_READ, (short) debugReads);
        env.set(JAVA_SHORT, INTERCEPT_DR_WRITE, (short) debugWrites);
        env.set(JAVA_LONG, INTERCEPTS, 1L << INTERCEPT_MSR - INTERCEPT_FIRST);
    }

    /** Where the engine looks for the map of intercepted MSRs: a VMCB at this physical address. */
    void setVmcb(long physical) {
        env.set(JAVA_LONG, VMCB, physical);
    }

    /** Copies the registers aside, for {@link #restore}. */
    public void saveTo(MemorySegment copy) {
        MemorySegment.copy(env, 0, copy, 0, SAVED_BYTES);
    }

    public void restore(MemorySegment copy) {
        MemorySegment.copy(copy, 0, env, 0, SAVED_BYTES);
    }

    /** Everything up to the features, but for the engine's own breakpoints. */
    byte[] save() {
        byte[] copy = new byte[SAVED_BYTES];
        MemorySegment.copy(env, JAVA_BYTE, 0, copy, 0, BREAKPOINTS);
        MemorySegment.copy(env, JAVA_BYTE, BREAKPOINTS_END, copy, BREAKPOINTS_END, SAVED_BYTES - BREAKPOINTS_END);
        return copy;
    }

    /** Takes back what {@link #save} returned. */
    void restore(byte[] copy) {
        if (copy.length != SAVED_BYTES) {
            throw new IllegalArgumentException("registers of " + copy.length + " bytes instead of " + SAVED_BYTES);
        }
        MemorySegment.copy(copy, 0, env, JAVA_BYTE, 0, BREAKPOINTS);
        MemorySegment.copy(copy, BREAKPOINTS_END, env, JAVA_BYTE, BREAKPOINTS_END, SAVED_BYTES - BREAKPOINTS_END);
    }

    /** A debug register in what {@link #save} returned. */
    static long debug(byte[] copy, int number) {
        return quadword(copy, DR0 + 8 * number);
    }

    private static long quadword(byte[] copy, int offset) {
        return MemorySegment.ofArray(copy).get(JAVA_LONG_UNALIGNED, offset);
    }

    /** Whether addresses are translated, and accesses watched, by the same control and debug registers as in what {@link #save} returned. */
    boolean translatesAs(byte[] copy) {
        for (int offset : TRANSLATING) {
            if (env.get(JAVA_LONG, offset) != quadword(copy, offset)) {
                return false;
            }
        }
        return true;
    }

    /** How long the copy of {@link #saveTo} is. */
    public static long savedBytes() {
        return SAVED_BYTES;
    }

    /** Sets a word of the features that the engine's decoder honours (QEMU's FeatureWord order). */
    void setFeature(int word, int bits) {
        env.set(JAVA_LONG, FEATURES + 8L * word, bits & 0xffff_ffffL);
    }

    int feature(int word) {
        return (int) env.get(JAVA_LONG, FEATURES + 8L * word);
    }

    private static long segment(int segment) {
        return SEGS + (long) SEGMENT_BYTES * segment;
    }

    private void setTable(long offset, int selector, long base, long limit, int flags) {
        env.set(JAVA_INT, offset, selector);
        env.set(JAVA_LONG, offset + 8, base);
        env.set(JAVA_INT, offset + 16, (int) limit);
        env.set(JAVA_INT, offset + 20, flags);
    }
}
