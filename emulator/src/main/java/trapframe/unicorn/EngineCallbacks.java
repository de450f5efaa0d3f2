package trapframe.unicorn;

/**
 * What the engine asks and reports while it runs. All of it happens on the thread that called {@link Engine#run}. An
 * exception thrown by a method stops the run and comes out of {@code run}.
 */
public interface EngineCallbacks {
    /** Why the engine translates an address. */
    enum Access { READ, WRITE, FETCH }

    /**
     * The engine's TLB has no entry for a page.
     *
     * @param page   linear address, page-aligned
     * @param access what the page is needed for
     * @param answer filled in when the result is true
     * @return whether the access is allowed; if not, the run ends with {@link Engine.Exit#REFUSED}
     */
    boolean fillTlb(long page, Access access, TlbAnswer answer);

    /** A block starts that would end past the {@link BlockCounter}'s limit. */
    void blockPastLimit();

    /**
     * A block was translated for the first time, and runs next.
     *
     * @param address      linear address of its first instruction
     * @param instructions how many it has
     * @param size         in bytes
     */
    void blockTranslated(long address, int instructions, int size);

    /**
     * A block that was translated is about to be executed first. Where {@link BlockCounter#tellsNewBlocks} says no, nobody tells.
     *
     * @param address linear address of its first instruction
     * @param size    in bytes
     * @return false if the run is being stopped before it
     */
    default boolean admits(long address, int size) {
        return true;
    }

    /** The instruction at a linear address that {@link Engine#reportInstructions} named is about to run; if the run is stopped, it does not. */
    void instruction(long linear);

    /**
     * Bytes that {@link Engine#reportStores} named are about to be stored to.
     *
     * @param width in bytes, 1 to 8
     */
    default void stored(long physical, int width, long value) {
    }

    /**
     * RAM is about to be loaded from or stored to, where {@link Engine#reportAccesses} asked for it.
     *
     * @param width in bytes
     */
    default void accessed(long physical, int width, boolean write) {
    }

    /** An exception or a software interrupt with this vector; the run goes on unless it is stopped. */
    void interrupt(int vector);

    /** An undefined instruction; the run ends. */
    void invalidInstruction();

    int portIn(int port, int width);

    void portOut(int port, int width, int value);

    /** A SYSCALL, with RIP at the instruction. */
    void syscall();

    /** A SYSENTER, with RIP at the instruction. */
    void sysenter();

    /** A CPUID. Returns whether the callback set the registers; if not, the engine does. */
    boolean cpuid();

    /** RDTSC, or RDTSCP when {@code withAux}. */
    void rdtsc(boolean withAux);

    /** A load from a physical address that {@link Engine#mapDevices} covers. */
    long deviceRead(long address, int width);

    void deviceWrite(long address, int width, long value);
}
