package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * One code hook of the engine's, whose range is changed from block to block: the engine looks at it when it translates, and compiles a direct
 * call while there is no other code hook; with others it compares the range again when the code runs. Fields of {@code struct hook} (uc_priv.h).
 */
final class InstructionRange {
    static final long NOWHERE = 1L << 62;
    private static final long BEGIN = 24;
    private static final long END = 32;

    private final long hook;

    /** @param hook its address in host memory, with {@link #NOWHERE} as its range */
    InstructionRange(long hook) {
        this.hook = hook;
        if (!is(NOWHERE, NOWHERE)) {
            throw new EngineException("the engine's hooks are not as expected");
        }
    }

    void set(long first, long last) {
        HostMemory.ALL.set(JAVA_LONG, hook + BEGIN, first <= last ? first : NOWHERE);
        HostMemory.ALL.set(JAVA_LONG, hook + END, first <= last ? last : NOWHERE);
    }

    boolean is(long first, long last) {
        return HostMemory.ALL.get(JAVA_LONG, hook + BEGIN) == first && HostMemory.ALL.get(JAVA_LONG, hook + END) == last;
    }
}
