package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/** The x87 and SSE registers of an engine, in a fixed order: ST0-7, control, status, tags, MXCSR, XMM0-15. */
public final class VectorRegisters {
    /** The length of all of them. */
    public static final int BYTES = 80 + 6 + 4 + 256;

    private static final int REG_FP0 = 82;
    private static final int REG_XMM0 = 122;
    private static final int REG_FPSW = 31;
    private static final int REG_FPCW = 246;
    private static final int REG_FPTAG = 247;
    private static final int REG_MXCSR = 249;

    private final Engine engine;
    private final MemorySegment scratch;

    /** @param scratch of the engine */
    VectorRegisters(Engine engine, MemorySegment scratch) {
        this.engine = engine;
        this.scratch = scratch;
    }

    /** Reads all of them. */
    public void read(byte[] into) {
        MemorySegment target = MemorySegment.ofArray(into);
        for (int i = 0; i < 8; i++) {
            engine.readRegister(REG_FP0 + i);
            MemorySegment.copy(scratch, 0, target, 10L * i, 10);
        }
        int at = 80;
        for (int register : new int[] {REG_FPCW, REG_FPSW, REG_FPTAG}) {
            engine.readRegister(register);
            MemorySegment.copy(scratch, 0, target, at, 2);
            at += 2;
        }
        engine.readRegister(REG_MXCSR);
        MemorySegment.copy(scratch, 0, target, at, 4);
        at += 4;
        for (int i = 0; i < 16; i++) {
            engine.readRegister(REG_XMM0 + i);
            MemorySegment.copy(scratch, 0, target, at + 16L * i, 16);
        }
    }

    /** Sets all of them. */
    public void write(byte[] from) {
        MemorySegment source = MemorySegment.ofArray(from);
        scratch.fill((byte) 0);
        int at = 80;
        for (int register : new int[] {REG_FPCW, REG_FPSW, REG_FPTAG}) {
            MemorySegment.copy(source, at, scratch, 0, 2);
            engine.writeRegister(register);
            at += 2;
        }
        for (int i = 0; i < 8; i++) {
            MemorySegment.copy(source, 10L * i, scratch, 0, 10);
            engine.writeRegister(REG_FP0 + i);
        }
        MemorySegment.copy(source, at, scratch, 0, 4);
        engine.writeRegister(REG_MXCSR);
        at += 4;
        for (int i = 0; i < 16; i++) {
            MemorySegment.copy(source, at + 16L * i, scratch, 0, 16);
            engine.writeRegister(REG_XMM0 + i);
        }
    }

    /** Sets them as FNINIT and power-on leave them. */
    public void reset() {
        scratch.fill((byte) 0);
        for (int i = 0; i < 8; i++) {
            engine.writeRegister(REG_FP0 + i);
        }
        for (int i = 0; i < 16; i++) {
            engine.writeRegister(REG_XMM0 + i);
        }
        scratch.set(JAVA_INT, 0, 0x037f);
        engine.writeRegister(REG_FPCW);
        scratch.set(JAVA_INT, 0, 0);
        engine.writeRegister(REG_FPSW);
        scratch.set(JAVA_INT, 0, 0xffff);
        engine.writeRegister(REG_FPTAG);
        scratch.set(JAVA_INT, 0, 0x1f80);
        engine.writeRegister(REG_MXCSR);
    }
}
