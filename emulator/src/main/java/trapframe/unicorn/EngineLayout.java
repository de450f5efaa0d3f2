package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What {@link EngineProbe} found out about an engine's insides.
 *
 * @param state         the CPU's state in place
 * @param handle        the engine's own structure
 * @param refusedOffset where in it the address of the last refused access is
 * @param cpu           the address of the CPU that the state is part of
 * @param flushesPages  whether {@link UnicornLibrary#FLUSH_PAGE} does what it should
 */
record EngineLayout(CpuState state, MemorySegment handle, long refusedOffset, long cpu, boolean flushesPages) {
    long refusedAddress() {
        return handle.get(JAVA_LONG, refusedOffset);
    }
}
