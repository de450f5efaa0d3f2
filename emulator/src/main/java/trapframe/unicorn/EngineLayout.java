package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What {@link EngineProbe} found out about an engine's insides.
 *
 * @param state         the CPU's state in place
 * @param handle        the engine's own structure
 * @param refusedOffset where in it the address of the last refused access is
 */
record EngineLayout(CpuState state, MemorySegment handle, long refusedOffset) {
    long refusedAddress() {
        return handle.get(JAVA_LONG, refusedOffset);
    }
}
