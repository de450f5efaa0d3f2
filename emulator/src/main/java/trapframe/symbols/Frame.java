package trapframe.symbols;

/**
 * A function on a stack that has not ended.
 *
 * @param registers what is known of the registers in it
 * @param isCall    whether RIP is where a call returns to, so that what is executed is the instruction before; otherwise it is the next
 *                  instruction, of what runs or of what was interrupted
 * @param found     how the frame was found
 */
public record Frame(FrameRegisters registers, boolean isCall, Found found) {
    /** How a frame was found, from the surest to the least sure. */
    public enum Found {
        /** It is what the processor executes. */
        RUNNING,
        /** It is what a task does that does not run, by what the kernel saved of its registers. */
        SAVED,
        /** By call frame information. */
        CALL_FRAME_INFORMATION,
        /** By the record that its callee made of RBP and the return address. */
        FRAME_POINTER,
        /** By what the processor pushes when it takes an interrupt or exception. */
        INTERRUPT_FRAME,
        /** By a look for return addresses among what lies on the stack: what was left there by earlier calls may look the same. */
        STACK_SCAN
    }

    /** The address to ask for names and lines: that of an instruction that is being executed. */
    public long address() {
        return isCall ? registers.rip() - 1 : registers.rip();
    }
}
