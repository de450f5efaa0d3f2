package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * The engine's list of instruction breakpoints, which it keeps beside DR0 to DR3 and DR7. Only its own MOV to DR7 changes the list, so
 * that the debug registers of another moment are loaded by that instruction, outside of everything that a guest can reach.
 */
final class InstructionBreakpoints extends IdleCallbacks {
    private static final int COUNT = 4;
    private static final int DR7 = 7;
    private static final int DR7_FIXED = 0x400;
    private static final int TYPE_SHIFT = 16;

    /** Linear and physical address of the code, in the page of {@link EngineProbe}. */
    private static final int OFFSET = 0x800;
    private static final int[] CODE = {0x0f, 0x23, 0xf8, 0xf4};                // mov dr7, rax; hlt

    private final Engine engine;
    private final CpuState state;
    private final byte[] initial;

    /**
     * @param page    where {@link EngineProbe#PHYSICAL} is
     * @param initial registers in which the engine runs 64-bit code in ring 0
     */
    InstructionBreakpoints(Engine engine, CpuState state, MemorySegment page, byte[] initial) {
        this.engine = engine;
        this.state = state;
        this.initial = initial;
        for (int i = 0; i < CODE.length; i++) {
            page.set(JAVA_BYTE, OFFSET + i, (byte) CODE[i]);
        }
    }

    /** Whether a value of DR7 enables one. */
    static boolean any(long dr7) {
        for (int i = 0; i < COUNT; i++) {
            if ((dr7 >>> 2 * i & 3) != 0 && (dr7 >>> TYPE_SHIFT + 4 * i & 3) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Makes the list that of a saved state. The registers are lost, and the TLB has to be flushed. */
    void load(byte[] saved) {
        clear();
        for (int i = 0; i < COUNT; i++) {
            state.setDebug(i, CpuState.debug(saved, i));
        }
        moveToDr7(CpuState.debug(saved, DR7));
    }

    /** Empties the list. The registers are lost, and the TLB has to be flushed. */
    void clear() {
        long[] before = new long[DR7 + 1];
        for (int i = 0; i <= DR7; i++) {
            before[i] = state.debug(i);
        }
        state.restore(initial);
        for (int i = 0; i <= DR7; i++) {
            state.setDebug(i, before[i]);
        }
        moveToDr7(DR7_FIXED);
    }

    private void moveToDr7(long value) {
        state.setRegister(CpuState.RAX, value);
        engine.run(EngineProbe.LINEAR + OFFSET);
    }

    @Override
    public boolean fillTlb(long linear, Access access, TlbAnswer answer) {
        if (linear != EngineProbe.LINEAR) {
            return false;
        }
        answer.set(EngineProbe.PHYSICAL, true, false, true);
        return true;
    }
}
