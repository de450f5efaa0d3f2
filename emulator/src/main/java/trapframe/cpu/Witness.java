package trapframe.cpu;

/**
 * Hears of what CPUs do while they do it. It may look at everything and changes nothing: the run is the one without it. Instructions are those
 * of 64-bit code of the kernel, in ring 0.
 */
public interface Witness {
    /** An instruction of one of the kinds of {@link CodeInstruction.Kind}, other ones left out, is about to execute, or to fault. */
    default void executes(Cpu cpu, long position, CodeInstruction instruction) {
    }

    /**
     * Bytes that {@link SystemBus#witnessStores} named are about to be stored to.
     *
     * @param position of the instruction that stores
     * @param linear   address of that instruction
     * @param value    of which as many bytes count as are stored
     */
    default void stores(Cpu cpu, long position, long linear, long physical, int width, long value) {
    }

    /**
     * An instruction is about to load from RAM or to store to it; told once {@link SystemBus#witnessAccesses} asked for it, of code in every ring and
     * mode. Some are told twice.
     *
     * @param physical address of the first byte
     * @param width    in bytes
     */
    default void touches(Cpu cpu, long physical, int width, boolean write) {
    }

    /**
     * RAM was written by a device, or by what a CPU does beside instructions: frames of interrupts, flags in page tables.
     *
     * @param physical address of the first byte
     * @param length   in bytes
     */
    default void written(long physical, long length) {
    }

    /**
     * An interrupt or exception was delivered: RIP is at its handler.
     *
     * @param from     the ring that was interrupted
     * @param external whether it came from a pin, and is no exception and no software interrupt
     */
    default void delivered(Cpu cpu, long position, int vector, int from, boolean external) {
    }

    /** A SYSCALL or SYSENTER brought the CPU to the kernel. */
    default void systemCall(Cpu cpu, long position) {
    }

    /**
     * A page got an entry in the CPU's TLB.
     *
     * @param position about: where the block of code begins that asked for it
     * @param linear   address of the page
     * @param physical address of the page that it leads to
     */
    default void translated(Cpu cpu, long position, long linear, long physical) {
    }

    /** The CPU's TLB is emptied, by the machine and not by the guest; the position is as above. */
    default void emptied(Cpu cpu, long position) {
    }

    /** A device was read or written. */
    default void accessed(Cpu cpu, long position, DeviceAccess access) {
    }

    /** The CPU executed HLT. */
    default void halted(Cpu cpu, long position) {
    }
}
