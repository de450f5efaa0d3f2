package trapframe.cpu;

import java.util.Arrays;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.unicorn.VectorRegisters;

/**
 * The architectural state of a CPU in plain values, for hashes and reports. RF is left out of the flags: the engine
 * keeps it longer than the manual says, and nothing that the guest can read shows it.
 *
 * @param registers RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 * @param segments  selector, base, limit and attributes of ES, CS, SS, DS, FS, GS, LDTR, TR; then GDT and IDT
 * @param control   CR0, CR2, CR3, CR4; CR8 belongs to the local APIC
 * @param debug     DR0 to DR3, DR6, DR7
 * @param model     EFER, STAR, LSTAR, CSTAR, FMASK, KernelGSBase, TSC_AUX, SYSENTER CS, ESP, EIP, PAT,
 *                  the time-stamp counter's offset
 * @param memoryTypes the memory type range registers: eight pairs of base and mask, the fixed ones, the default type
 * @param vector    x87 and SSE registers as {@link VectorRegisters} orders them
 * @param activity  what the CPU does at its boundaries
 * @param pending   interrupt shadow, NMI blocked, NMI pending, INTR, INIT pending
 * @param startup   vector of a start-up message that waits to be taken, or -1
 * @param hits      data breakpoints that were hit and are to be reported, as bits of DR6
 */
public record CpuSnapshot(long rip, int rflags, long[] registers, long[] segments, long[] control, long[] debug,
                          long[] model, long[] memoryTypes, byte[] vector, Activity activity, boolean[] pending, int startup,
                          int hits) {
    private static final int MSR_PAT = 0x277;

    static CpuSnapshot of(Engine engine, PrivilegedInstructions privileged, Pins pins, DataBreakpoints breakpoints) {
        CpuState state = engine.state();
        long[] registers = new long[16];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = state.register(i);
        }
        byte[] vector = new byte[VectorRegisters.BYTES];
        engine.vector().read(vector);
        return new CpuSnapshot(state.rip(), engine.rflags() & ~CpuState.RF, registers, segments(state),
                new long[] {state.control(0), state.control(2), state.control(3), state.control(4)},
                new long[] {state.debug(0), state.debug(1), state.debug(2), state.debug(3), state.debug(6),
                    state.debug(7)},
                new long[] {state.efer(), state.star(), state.lstar(), state.cstar(), state.syscallMask(),
                    state.kernelGsBase(), state.tscAux(), state.sysenterCs(), state.sysenterEsp(),
                    state.sysenterEip(), engine.msr(MSR_PAT), privileged.timeStampOffset()},
                privileged.memoryTypes().state(), vector, pins.activity(),
                new boolean[] {(state.hflags() & CpuState.HFLAGS_SHADOW) != 0,
                    (state.hflags2() & CpuState.HFLAGS2_NMI) != 0, pins.nmiPending(), pins.interruptLevel(), pins.hasInit()},
                pins.startupVector(), breakpoints.hits());
    }

    /** Whether two processors in these states go on alike, at equal times and with equal memory. */
    public boolean isSame(CpuSnapshot other) {
        return rip == other.rip && rflags == other.rflags && Arrays.equals(registers, other.registers) && Arrays.equals(control, other.control)
                && Arrays.equals(segments, other.segments) && Arrays.equals(debug, other.debug) && Arrays.equals(model, other.model)
                && Arrays.equals(memoryTypes, other.memoryTypes) && Arrays.equals(vector, other.vector) && activity == other.activity
                && Arrays.equals(pending, other.pending) && startup == other.startup && hits == other.hits;
    }

    private static long[] segments(CpuState state) {
        long[] segments = new long[4 * 8 + 4];
        for (int i = CpuState.ES; i <= CpuState.GS; i++) {
            put(segments, i, state.selector(i), state.segmentBase(i), state.segmentLimit(i), state.segmentFlags(i));
        }
        put(segments, 6, state.ldtSelector(), state.ldtBase(), state.ldtLimit(), 0);
        put(segments, 7, state.taskSelector(), state.taskBase(), state.taskLimit(), state.taskFlags());
        segments[32] = state.gdtBase();
        segments[33] = state.gdtLimit();
        segments[34] = state.idtBase();
        segments[35] = state.idtLimit();
        return segments;
    }

    private static void put(long[] segments, int index, long... values) {
        System.arraycopy(values, 0, segments, 4 * index, values.length);
    }
}
